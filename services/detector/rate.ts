/** A token bucket: `perSecond` on the average, `burst` at once. */
export interface Rate {
  /**
   * Takes `cost`; false when that much is not there. What costs more than the bucket holds has its turn when the bucket is
   * full, and is owed afterwards.
   */
  take(monoMs: number, cost?: number): boolean
  /** Milliseconds until `cost` is there. 0: it is. */
  waitMs(monoMs: number, cost?: number): number
}

/** @param burst default: a second's worth */
export function createRate(perSecond: number, burst = perSecond): Rate {
  let tokens = burst
  let at: number | undefined
  function fill(monoMs: number): void {
    tokens = Math.min(burst, tokens + (perSecond * Math.max(0, monoMs - (at ?? monoMs))) / 1000)
    at = monoMs
  }
  return {
    take(monoMs, cost = 1) {
      fill(monoMs)
      if (tokens < Math.min(cost, burst)) return false
      tokens -= cost
      return true
    },
    waitMs(monoMs, cost = 1) {
      fill(monoMs)
      return Math.max(0, Math.ceil(((Math.min(cost, burst) - tokens) * 1000) / perSecond))
    },
  }
}
