/** How often in a row a value was over its limits. */
import type { Level } from './limits.ts'

/** How many checks in a row were over the warning limit, and over the critical one. */
export interface Streak {
  readonly warning: number
  readonly critical: number
}

/** Before the first check, and after one that could not look or that a person cleared. */
export const NO_STREAK: Streak = { warning: 0, critical: 0 }

/** The streak with one check more; the check that is under a limit ends the streak over it. */
export function extendStreak(streak: Streak, level: Level): Streak {
  return {
    warning: level === 'ok' ? 0 : streak.warning + 1,
    critical: level === 'critical' ? streak.critical + 1 : 0,
  }
}
