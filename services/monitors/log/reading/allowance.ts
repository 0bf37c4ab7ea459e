/**
 * How many texts of a rule are told: so many of each second of its log, since what was written while nobody read comes all at
 * once and is told as it would have been; and of a backlog no more than two minutes of a log can have told. Pure.
 */
import { createRate } from '#pace'

/** Texts of one rule that are told of a second of its log. */
export const TEXTS_PER_SECOND = 50
/** And that are told at once: what two minutes had to tell. A day that nobody read is counted, and told in part. */
export const TEXTS_AT_ONCE = 120 * TEXTS_PER_SECOND
/** So many seconds are kept apart: lines of a log need not be in the order of their times. */
const SECONDS = 8

/** Of one rule. */
export interface Allowance {
  /** @returns whether a text is told @param atMs time of its line @param nowMs when it is read, on the monotonic clock */
  take(atMs: number, nowMs: number): boolean
  /** So many of a second were told before. */
  restore(second: number, told: number): void
}

export function createAllowance(): Allowance {
  /** How many were told of the newest seconds of the log. */
  const told = new Map<number, number>()
  let newest = Number.NEGATIVE_INFINITY
  const whole = createRate(TEXTS_PER_SECOND, TEXTS_AT_ONCE)
  /** Those that are older than the seconds that are kept apart. */
  const late = createRate(TEXTS_PER_SECOND)

  function note(second: number, count: number): void {
    told.set(second, count)
    newest = Math.max(newest, second)
    for (const known of told.keys()) if (known <= newest - SECONDS) told.delete(known)
  }

  return {
    take(atMs, nowMs) {
      const second = Math.floor(atMs / 1000)
      if (second <= newest - SECONDS) return late.take(nowMs) && whole.take(nowMs)
      const before = told.get(second) ?? 0
      if (before >= TEXTS_PER_SECOND || !whole.take(nowMs)) return false
      note(second, before + 1)
      return true
    },
    restore: note,
  }
}
