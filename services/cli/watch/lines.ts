/** What a watcher is told of one change: a JSON document, or a line. */
import { actionWords, firstLine, overWords, wordsToText } from '#view'
import { fromProtoEvent, fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'
import { stateWord, viewOf } from '../node.ts'
import type { Told } from './known.ts'

/** What changed, as JSON: `kind` and the thing itself. */
export function recordOf(change: Told, now: Date): Record<string, unknown> | undefined {
  switch (change?.$case) {
    case 'node':
      return { kind: 'node', node: viewOf(change.value, now) }
    case 'condition':
      return { kind: 'condition', condition: fromProtoNodeCondition(change.value, now) }
    case 'conditionRemoved':
      return { kind: 'condition-removed', type: change.value.type, entity: change.value.entity }
    case 'problem':
      return { kind: 'problem', problem: fromProtoProblem(change.value, now) }
    case 'monitor':
      return { kind: 'monitor', monitor: fromProtoMonitorState(change.value, now) }
    case 'event':
      return { kind: 'event', event: fromProtoEvent(change.value, now) }
    case 'forgotten':
      return { kind: `${change.what}-removed`, name: change.name }
    default:
      return undefined
  }
}

/** What changed, as a line; undefined for what is no news to a person. */
export function lineOf(change: Told, now: Date): readonly [what: string, text: string] | undefined {
  const about = (entity: string) => (entity === '' ? '' : ` ${entity}`)
  switch (change?.$case) {
    case 'node':
      return ['node', wordsToText(viewOf(change.value, now).verdict.sentence, now)]
    case 'condition': {
      const { type, entity, subject = entity, health, held, message } = fromProtoNodeCondition(change.value, now)
      return [stateWord(health, held), `${type}${about(subject)}: ${firstLine(message)}`]
    }
    case 'conditionRemoved':
      return ['gone', `${change.value.type}${about(change.value.entity)}`]
    case 'problem': {
      const { phase, severity, summary, proofText, openMs, ...more } = fromProtoProblem(change.value, now)
      const todo = actionWords(more)
      return [
        phase,
        phase === 'resolved'
          ? `${overWords(openMs)}: ${summary} (${proofText})`
          : `${severity}: ${summary}${todo === '' ? '' : ` (to do: ${todo})`}`,
      ]
    }
    case 'monitor': {
      const { name, health, lastError, connection } = fromProtoMonitorState(change.value, now)
      const isQuiet = connection === undefined || ['serving', 'awaited'].includes(connection.state)
      const stands = isQuiet ? '' : `, its connection ${connection.state}`
      const why = health === 'unreachable' ? lastError : (connection?.why ?? '')
      return ['monitor', `${name} is ${health}${stands}${health === 'unreachable' || why !== '' ? `: ${why}` : ''}`]
    }
    case 'event': {
      const { severity, reason, entity, message, count } = fromProtoEvent(change.value, now)
      return [
        'event',
        `${severity} ${reason}${about(entity)}: ${firstLine(message)}${count > 1 ? ` (${count} times)` : ''}`,
      ]
    }
    case 'forgotten':
      return ['gone', `${change.what} ${change.name} is not known any more`]
    default:
      return undefined
  }
}
