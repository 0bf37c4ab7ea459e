/**
 * How many texts of a rule are told: so many of each second of its log, since what was written while nobody read comes all at
 * once and is told as it would have been; and so many in a second, whatever comes. Pure.
 */

/** Texts of one rule that are told of a second of its log. */
export const TEXTS_PER_SECOND = 50
/** And that are told in a second, of however many: a day that nobody read is counted, and told in part. */
export const TEXTS_AT_ONCE = 1_000
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
  /** In this second; `late`: those of them that are older than the seconds that are kept apart. */
  let now = { second: Number.NaN, told: 0, late: 0 }

  function note(second: number, count: number): void {
    told.set(second, count)
    newest = Math.max(newest, second)
    for (const known of told.keys()) if (known <= newest - SECONDS) told.delete(known)
  }

  return {
    take(atMs, nowMs) {
      const nowSecond = Math.floor(nowMs / 1000)
      if (nowSecond !== now.second) now = { second: nowSecond, told: 0, late: 0 }
      const second = Math.floor(atMs / 1000)
      const isLate = second <= newest - SECONDS
      const before = isLate ? now.late : (told.get(second) ?? 0)
      if (before >= TEXTS_PER_SECOND || now.told >= TEXTS_AT_ONCE) return false
      now.told++
      if (isLate) now.late++
      else note(second, before + 1)
      return true
    },
    restore: note,
  }
}
