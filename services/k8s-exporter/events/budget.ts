/**
 * How many events a source may send. Counted on the events' own time, so that what waited while the API server was away
 * is judged as it would have been then. Pure.
 */
import { createRate, createRates } from '#pace'

export interface BudgetOptions {
  readonly perMinute: number
  readonly burst: number
}

export interface Budget {
  /**
   * Takes one from each of the keys, or from none.
   * @param atMs when it happened, wall clock in milliseconds; later than now counts as now
   * @param nowMs the wall clock. Set back, it goes on from there: nothing waits until it is where it was
   */
  take(keys: readonly { readonly key: string; readonly share: number }[], atMs: number, nowMs: number): boolean
}

/** Sources and reasons remembered; in practice a few dozen. The one that was used longest ago is forgotten, full. */
const KEYS_MAX = 4096

export function createBudget({ perMinute, burst }: BudgetOptions): Budget {
  const rates = createRates(KEYS_MAX)
  let lastNowMs = Number.NEGATIVE_INFINITY
  /** By so much the wall clock was set back in all. */
  let setBackMs = 0

  /** Never ahead of now, and now never goes back: whatever times a source claims, it gets no more than time has brought. */
  function steady(atMs: number, nowMs: number): number {
    if (nowMs < lastNowMs) setBackMs += lastNowMs - nowMs
    lastNowMs = nowMs
    return Math.min(atMs, nowMs) + setBackMs
  }

  return {
    take(keys, atMs, nowMs) {
      // Times of several monitors are not in order; one that is before the last adds nothing.
      const ms = steady(atMs, nowMs)
      const all = keys.map(({ key, share }) =>
        rates.of(key, () => createRate((perMinute / 60) * share, Math.max(1, burst * share))),
      )
      if (all.some((rate) => rate.waitMs(ms) > 0)) return false
      for (const rate of all) rate.spend(ms)
      return true
    },
  }
}
