/** What a check with rules may say: a condition or a reason for each rule, and what it counts. Pure. */
import { compareSeverity, type RecoveryRule, recoveryWords } from '#model'
import type { ConditionSpec, Declaration, EventSpec } from '#monitor-kit'
import { duration } from '#monitor-kit/evaluate'
import { LOG_LINES_LOST, LOG_TEXTS_UNTOLD, READING_METRICS } from '../reading/declared.ts'
import { EVENT_ABSENT_MS } from './seen.ts'
import type { Rule } from './types.ts'

/** Its healthy words. */
export const NOT_SEEN = { reason: 'NoLineSaysSo', message: 'no line of the log says so' } as const

/** Lines that a rule matched, by `check` and `rule`. */
export const MATCHES_METRIC = 'log_rule_matches_total'

const WHEN_ABSENT: RecoveryRule = { kind: 'absent', forMs: EVENT_ABSENT_MS }

const COMMON_EVENTS: readonly EventSpec[] = [LOG_LINES_LOST, LOG_TEXTS_UNTOLD]

const METRICS: Required<Declaration>['metrics'] = [
  ...READING_METRICS,
  { name: MATCHES_METRIC, help: 'Lines that a rule matched, told or not', kind: 'counter', unit: '' },
]

function endsOf({ recovery: { clearing, absentMs, unmounted } }: Rule): readonly string[] {
  return [
    ...(clearing === undefined ? [] : ['a line says so']),
    ...(unmounted ? ['the file system is unmounted'] : []),
    ...(absentMs === 0 ? [] : [`no line has matched for ${duration(absentMs)}`]),
  ]
}

/** Of the rules of one type. A reboot ends what all of them say it ends. */
function conditionOf(type: string, rules: readonly Rule[], source: string): ConditionSpec {
  const reboot = rules.every(({ recovery }) => recovery.reboot)
  const byCheck = rules.some((rule) => endsOf(rule).length > 0)
  const recovery: RecoveryRule[] = [
    // What ends it is proven by the check, which says so once.
    ...(byCheck ? [{ kind: 'healthy-checks', count: 1 } as const] : []),
    ...(reboot ? [{ kind: 'reboot' } as const] : []),
  ]
  const ends = [...new Set(rules.flatMap(endsOf)), ...(reboot ? ['the node was rebooted'] : [])]
  const isCritical = (rule: Rule) => rule.severity === 'critical'
  const reasonsOf = (of: readonly Rule[]) => [...new Set(of.map(({ reason }) => reason))].join(', ') || 'none'
  const first = rules.find(({ threshold }) => threshold !== undefined)?.threshold
  return {
    type,
    description: `A line of the log matched a rule: ${reasonsOf(rules)}.`,
    label: `{entity} ${type}`,
    healthyReason: NOT_SEEN.reason,
    healthyMessage: NOT_SEEN.message,
    recovery: recovery.length === 0 ? [{ kind: 'operator' }] : recovery,
    recoveryText: ends.length === 0 ? recoveryWords([{ kind: 'operator' }]) : ends.join(', or '),
    source,
    warning: reasonsOf(rules.filter((rule) => !isCritical(rule))),
    critical: reasonsOf(rules.filter(isCritical)),
    sustained: first === undefined ? 'at once' : `${first.count} lines within ${duration(first.withinMs)}`,
  }
}

/** A reason by the worst of its rules. Only what is a warning and up opens a problem. */
function eventOf(reason: string, rules: readonly Rule[]): EventSpec {
  const severity = rules.map((rule) => rule.severity).reduce((a, b) => (compareSeverity(a, b) < 0 ? b : a))
  const description = `A line of the log matched rule ${[...new Set(rules.map(({ name }) => name))].join(', ')}`
  return { reason, severity, description, ...(severity === 'info' ? {} : { recovery: WHEN_ABSENT }) }
}

/** @param source where the lines come from: "/dev/kmsg" */
export function declarationOfRules(rules: readonly Rule[], source: string): Required<Declaration> {
  const conditions = Map.groupBy(
    rules.filter(({ condition }) => condition !== undefined),
    ({ condition }) => condition as string,
  )
  const events = Map.groupBy(
    rules.filter(({ condition }) => condition === undefined),
    ({ reason }) => reason,
  )
  return {
    conditions: [...conditions].map(([type, of]) => conditionOf(type, of, source)),
    events: [
      ...COMMON_EVENTS.filter(({ reason }) => !events.has(reason)),
      ...[...events].map(([reason, of]) => eventOf(reason, of)),
    ],
    metrics: METRICS,
  }
}
