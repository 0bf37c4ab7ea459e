import type { Rate } from './rate.ts'

/** A rate for each of many keys, of which a stranger may think up as many as he likes: only so many are remembered. */
export interface Rates {
  /** The rate of this key; one that is not remembered is made, full. */
  of(key: string, create: () => Rate): Rate
}

/** @param most keys remembered; the one that was used longest ago is forgotten first */
export function createRates(most: number): Rates {
  const rates = new Map<string, Rate>()
  return {
    of(key, create) {
      const rate = rates.get(key) ?? create()
      rates.delete(key)
      const [oldest] = rates.keys()
      if (rates.size >= most && oldest !== undefined) rates.delete(oldest)
      rates.set(key, rate)
      return rate
    },
  }
}
