/** A token bucket: `perSecond` on the average, `burst` at once. Times are milliseconds of any one clock. */
export interface Rate {
  /**
   * Takes `cost`; false, and nothing is taken, when that much is not there. What costs more than the bucket holds has its
   * turn when the bucket is full, and is owed afterwards.
   */
  take(nowMs: number, cost?: number): boolean
  /** Takes `cost` whether it is there or not: what is missing is owed, and the next ones wait for it. */
  spend(nowMs: number, cost?: number): void
  /** Milliseconds until `cost`, or the whole bucket where it costs more, is there. 0: it is. */
  waitMs(nowMs: number, cost?: number): number
}

/** Of a bucket: sums of many small parts are not exact, and who waited as long as told must find his part. */
const INEXACT = 1e-9

/**
 * A full bucket. A time before the last one adds nothing.
 * @param perSecond more than 0
 * @param burst default: a second's worth
 */
export function createRate(perSecond: number, burst = perSecond): Rate {
  let tokens = burst
  let atMs = Number.NaN

  function missing(nowMs: number, cost: number): number {
    if (!(nowMs <= atMs)) {
      if (nowMs > atMs) tokens = Math.min(burst, tokens + (perSecond * (nowMs - atMs)) / 1000)
      atMs = nowMs
    }
    const lacks = Math.min(cost, burst) - tokens
    return lacks <= INEXACT * burst ? 0 : lacks
  }

  return {
    take(nowMs, cost = 1) {
      if (missing(nowMs, cost) > 0) return false
      tokens -= cost
      return true
    },
    spend(nowMs, cost = 1) {
      missing(nowMs, cost)
      tokens -= cost
    },
    waitMs: (nowMs, cost = 1) => Math.ceil((missing(nowMs, cost) * 1000) / perSecond),
  }
}
