/** What proves a problem gone: the rules of a condition type or of an event's reason, any of which is enough. Pure. */
import { DEFAULT_RECOVERY, type RecoveryRule } from './types.ts'

/** One rule or several, as a check may write it, as a list; nothing is the default. */
export function asRules(recovery: RecoveryRule | readonly RecoveryRule[] | undefined): readonly RecoveryRule[] {
  const rules = recovery === undefined || !('kind' in recovery) ? recovery : [recovery]
  return rules === undefined || rules.length === 0 ? DEFAULT_RECOVERY : rules
}

/** What is remembered of a source's looks. */
export interface Looks {
  /** Healthy ones in a row. */
  readonly healthyStreak: number
  /** When a problem was last seen, on the monotonic clock. */
  readonly problemSeenMonoMs: number
}

function isProvenBy(rule: RecoveryRule, looks: Looks, nowMonoMs: number): boolean {
  switch (rule.kind) {
    case 'healthy-checks':
      return looks.healthyStreak >= rule.count
    case 'absent':
      return nowMonoMs - looks.problemSeenMonoMs >= rule.forMs
    case 'reboot':
    case 'operator':
      return false
  }
}

/** The rule that proves well what was raised and is seen healthy now; undefined: none does yet. */
export function provingRule(rules: readonly RecoveryRule[], looks: Looks, nowMonoMs: number): RecoveryRule | undefined {
  return rules.find((rule) => isProvenBy(rule, looks, nowMonoMs))
}

/** Whether a reboot of the node proves it gone. */
export function isGoneWithReboot(rules: readonly RecoveryRule[] | undefined): boolean {
  return rules?.some(({ kind }) => kind === 'reboot') ?? false
}

/** After how long without it an event's problem is over, in milliseconds; 0: not by absence. */
export function absentMsOf(rules: readonly RecoveryRule[]): number {
  const times = rules.flatMap((rule) => (rule.kind === 'absent' ? [rule.forMs] : []))
  return times.length === 0 ? 0 : Math.min(...times)
}

/** A duration in words: "10 min", "2 h", "45 s". */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

/** One rule in words that may stand beside others. */
function ruleWords(rule: RecoveryRule): string {
  switch (rule.kind) {
    case 'healthy-checks':
      return rule.count === 1 ? 'a check finds it healthy' : `${rule.count} checks in a row find it healthy`
    case 'absent':
      return `not seen for ${durationWords(rule.forMs)}`
    case 'reboot':
      return 'a reboot clears it'
    case 'operator':
      return 'an operator clears it'
  }
}

/** What would prove a problem of these rules gone, in words: "2 checks in a row find it healthy, or a reboot clears it". */
export function recoveryWords(rules: readonly RecoveryRule[]): string {
  const [only, ...others] = rules
  if (others.length === 0 && (only?.kind === 'reboot' || only?.kind === 'operator')) return `only ${ruleWords(only)}`
  return rules.map(ruleWords).join(', or ')
}

/** The same of a verbatim type, whose source's own word is enough. */
export function verbatimWords(rules: readonly RecoveryRule[]): string {
  const others = rules.filter(({ kind }) => kind !== 'healthy-checks')
  return ['its source says so', ...others.map(ruleWords)].join(', or ')
}
