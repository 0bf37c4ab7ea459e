/**
 * How many texts of a rule are told: so many of each second of its log, since what was written while nobody read comes all at
 * once and is told as it would have been; and of a backlog no more than two minutes of a log can have told. Pure.
 */
import { createRate } from '#pace'
import { createStretches } from './stretches.ts'

/** Texts of one rule that are told of a second of its log. */
export const TEXTS_PER_SECOND = 50
/** And that are told at once: what two minutes had to tell. A day that nobody read is counted, and told in part. */
export const TEXTS_AT_ONCE = 120 * TEXTS_PER_SECOND

/** Of one rule. */
export interface Allowance {
  /** @returns whether a text is told @param atMs time of its line @param nowMs when it is read, on the monotonic clock */
  take(atMs: number, nowMs: number): boolean
  /** So many of a second were told before. */
  restore(second: number, told: number): void
}

export function createAllowance(): Allowance {
  const stretches = createStretches()
  const whole = createRate(TEXTS_PER_SECOND, TEXTS_AT_ONCE)
  /** Those that are older than the seconds that are kept apart. */
  const late = createRate(TEXTS_PER_SECOND)

  return {
    take(atMs, nowMs) {
      const second = Math.floor(atMs / 1000)
      const told = stretches.of(second, nowMs)
      if (told === undefined) return late.take(nowMs) && whole.take(nowMs)
      const before = told.of(second)
      if (before >= TEXTS_PER_SECOND || !whole.take(nowMs)) return false
      told.put(second, before + 1)
      return true
    },
    restore: stretches.restore,
  }
}
