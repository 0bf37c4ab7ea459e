/** What a value that was held against its limits amounts to, and the words for it. */
import type { Level, Limits } from './limits.ts'
import type { Streak } from './streak.ts'

/** What counts: over a limit for fewer than `needed` checks in a row is pending. */
export type Verdict = 'healthy' | 'pending' | 'warning' | 'critical'

/** The verdict on a value that has to last. @param needed checks in a row, 1 or more */
export function judgeStreak(streak: Streak, needed: number): Verdict {
  if (streak.critical >= needed) return 'critical'
  if (streak.warning >= needed) return 'warning'
  return streak.warning > 0 ? 'pending' : 'healthy'
}

/** The verdict on a value that counts at once. */
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
