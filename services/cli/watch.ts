import { overWords, renderClock, wordsToText } from '#model'
import { DetectorService, type WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import { fromProtoEvent, fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'
import { EXIT_UNKNOWN, tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { detectorSocket, stateWord, viewOf } from './node.ts'
import { complain, inLine, say, sayJson } from './print.ts'
import { configOf } from './settings.ts'

/** What changed, as JSON: `kind` and the thing itself. */
function recordOf({ change }: WatchNodeResponse, now: Date): Record<string, unknown> | undefined {
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
    default:
      return undefined
  }
}

/** What changed, as a line; undefined for what is no news to a person. */
function lineOf({ change }: WatchNodeResponse, now: Date): readonly [what: string, text: string] | undefined {
  const about = (entity: string) => (entity === '' ? '' : ` ${entity}`)
  switch (change?.$case) {
    case 'node':
      return ['node', wordsToText(viewOf(change.value, now).verdict.sentence, now)]
    case 'condition': {
      const { type, entity, health, held, message } = fromProtoNodeCondition(change.value, now)
      return [stateWord(health, held), `${type}${about(entity)}: ${message}`]
    }
    case 'conditionRemoved':
      return ['gone', `${change.value.type}${about(change.value.entity)}`]
    case 'problem': {
      const { phase, severity, summary, proofText, openMs } = fromProtoProblem(change.value, now)
      return [
        phase,
        phase === 'resolved' ? `${overWords(openMs)}: ${summary} (${proofText})` : `${severity}: ${summary}`,
      ]
    }
    case 'monitor': {
      const { name, health, lastError } = fromProtoMonitorState(change.value, now)
      return ['monitor', `${name} is ${health}${health === 'unreachable' ? `: ${lastError}` : ''}`]
    }
    case 'event': {
      const { severity, reason, entity, message, count } = fromProtoEvent(change.value, now)
      return ['event', `${severity} ${reason}${about(entity)}: ${message}${count > 1 ? ` (${count} times)` : ''}`]
    }
    default:
      return undefined
  }
}

function tellEnded(runDir: string, json: boolean): number {
  const message = 'the detector ended the stream: it stops, or this watcher was too slow'
  const advice = 'Start the command again once it runs.'
  if (json) sayJson({ error: { code: 'ENDED', message, advice, socket: detectorSocket(runDir) } })
  else complain(`${message}.\n${advice}`)
  return EXIT_UNKNOWN
}

export const watch: Command = {
  name: 'watch',
  summary: 'prints each change of the node as it happens',
  help: `Usage: node-doctor watch [-o json]

Prints the node's state, then each change as a line, until Ctrl-C.

Options:
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          one JSON document a line

Exit code: 0 after Ctrl-C, 3 when the detector does not answer or goes away.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION },
  positionals: 0,
  async run(values) {
    const json = wantsJson(values)
    const { settings } = await configOf(values)
    const abort = new AbortController()
    process.once('SIGINT', () => abort.abort())
    process.once('SIGTERM', () => abort.abort())
    const client = connectUnix(detectorSocket(settings.runDir))
    try {
      for await (const response of client.serverStream(DetectorService.watchNode, {}, abort.signal)) {
        const now = new Date()
        if (json) {
          const record = recordOf(response, now)
          if (record !== undefined) sayJson(record)
          continue
        }
        const [what = '', text = ''] = lineOf(response, now) ?? []
        if (what !== '') say(`${renderClock(now, now)}  ${inLine(what, 24).padEnd(8)} ${inLine(text)}`)
      }
      if (abort.signal.aborted) return 0
      return tellEnded(settings.runDir, json)
    } catch (err) {
      if (abort.signal.aborted) return 0
      return tellNoAnswer(err, settings.runDir, values)
    } finally {
      client.close()
    }
  },
}
