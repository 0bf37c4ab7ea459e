/** What is told of the conditions of a file, and of what happened to them. Pure. */
import type { Health } from '#model'
import type { CheckResult, Finding, Happening } from '#monitor-kit'
import { decodeText } from '#pattern'
import { type ConditionState, type ConditionStatus, type RuleEvent, toldConditions } from './conditions.ts'

const HEALTH: Readonly<Record<ConditionStatus, Health>> = { False: 'healthy', True: 'problem', Unknown: 'unknown' }

function findingOf({ type, status, reason, message, transition }: ConditionState): Finding {
  const text = decodeText(message)
  const [line = ''] = text.trim().split('\n')
  return {
    type,
    // Of the node, whichever file says it.
    entity: '',
    health: HEALTH[status],
    severity: 'warning',
    reason,
    message: text,
    summary: status === 'True' ? line || reason || type : '',
    since: transition,
  }
}

/**
 * All conditions of a file. Of several of one type the first, which is the one that rules set: node-problem-detector shows the
 * last, and with it never a problem (B12).
 */
export function findingsOf(conditions: readonly ConditionState[]): readonly Finding[] {
  return toldConditions(conditions).map(findingOf)
}

/** @param key what it is known by */
export function happeningOf(event: RuleEvent, source: string, key: string): Happening {
  const { severity, reason, message, at } = event
  return { severity, reason, message, at, source, key, entity: '' }
}

/** What a file says as long as nothing has happened. */
export function toldOf(conditions: readonly ConditionState[], event?: Happening): CheckResult {
  return { findings: findingsOf(conditions), events: event === undefined ? [] : [event] }
}
