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
  /** Takes one from each of the keys, or from none. */
  take(keys: readonly { readonly key: string; readonly share: number }[], atMs: number): boolean
}

/** Sources and reasons remembered; in practice a few dozen. The one that was used longest ago is forgotten, full. */
const KEYS_MAX = 4096

export function createBudget({ perMinute, burst }: BudgetOptions): Budget {
  const rates = createRates(KEYS_MAX)
  return {
    take(keys, atMs) {
      // Times of several monitors are not in order; one that is before the last adds nothing.
      const all = keys.map(({ key, share }) =>
        rates.of(key, () => createRate((perMinute / 60) * share, Math.max(1, burst * share))),
      )
      if (all.some((rate) => rate.waitMs(atMs) > 0)) return false
      for (const rate of all) rate.spend(atMs)
      return true
    },
  }
}
