/** A value against its limits, and how often in a row it was over them. */
import type { Evidence } from '#model'
import type { Finding } from '../types.ts'

export type Level = 'ok' | 'warning' | 'critical'

/** A value at a limit is over it. */
export interface Limits {
  readonly warning: number
  readonly critical: number
}

/** What a sum in binary fractions is off by decides nothing: 29 of 100 are 29 %, not 28.999999999999996. */
export function levelOf(value: number, limits: Limits): Level {
  const exact = Number(value.toPrecision(12))
  if (exact >= limits.critical) return 'critical'
  return exact >= limits.warning ? 'warning' : 'ok'
}

/** How many checks in a row were over the warning limit, and over the critical one. */
export interface Streak {
  readonly warning: number
  readonly critical: number
}

export const NO_STREAK: Streak = { warning: 0, critical: 0 }

export function extendStreak(streak: Streak, level: Level): Streak {
  return {
    warning: level === 'ok' ? 0 : streak.warning + 1,
    critical: level === 'critical' ? streak.critical + 1 : 0,
  }
}

/** What counts: over a limit for fewer than `needed` checks in a row is pending. */
export type Verdict = 'healthy' | 'pending' | 'warning' | 'critical'

export function judgeStreak(streak: Streak, needed: number): Verdict {
  if (streak.critical >= needed) return 'critical'
  if (streak.warning >= needed) return 'warning'
  return streak.warning > 0 ? 'pending' : 'healthy'
}

/** For a value that counts at once. */
export function judgeLevel(level: Level): Verdict {
  return level === 'ok' ? 'healthy' : level
}

/**
 * The limit to name beside the value: the one that the reason speaks of; while nothing is raised the one it is over, or the
 * first one it would meet.
 */
export function namedLimit(verdict: Verdict, limits: Limits, level: Level = 'ok'): number {
  const counts = verdict === 'pending' ? level : verdict
  return counts === 'critical' ? limits.critical : limits.warning
}

/** What a message says of a value that is over its limit and does not count yet: " (over it in 1 of 3 checks in a row)". */
export function lasting(verdict: Verdict, streak: Streak, needed: number): string {
  return verdict === 'pending' ? ` (over it in ${streak.warning} of ${needed} checks in a row)` : ''
}

export interface Judged {
  readonly type: string
  readonly entity?: string
  readonly verdict: Verdict
  /** Reason while healthy; over a limit it is AboveWarningLimit or AboveCriticalLimit. */
  readonly healthyReason: string
  readonly warningReason?: string
  readonly criticalReason?: string
  readonly message: string
  /** Headline while it is a problem. */
  readonly summary: string
  readonly evidence?: Evidence
}

/** The finding of a value that was held against its limits. */
export function judgedFinding(judged: Judged): Finding {
  const { type, entity = '', verdict, message, summary } = judged
  const evidence = judged.evidence === undefined ? {} : { evidence: judged.evidence }
  if (verdict === 'healthy') {
    return { type, entity, health: 'healthy', reason: judged.healthyReason, message, ...evidence }
  }
  if (verdict === 'pending') {
    return { type, entity, health: 'healthy', pending: true, reason: 'NotSustainedYet', message, ...evidence }
  }
  const critical = verdict === 'critical'
  const reason = critical
    ? (judged.criticalReason ?? 'AboveCriticalLimit')
    : (judged.warningReason ?? 'AboveWarningLimit')
  const severity = critical ? 'critical' : 'warning'
  return { type, entity, health: 'problem', severity, reason, message, summary, ...evidence }
}
