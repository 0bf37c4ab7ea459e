/** Of a rule so many texts a second are told; the rest is counted and said. Pure. */
import { createRate, type Rate } from '#pace'

/** Texts of one rule that are told in a second. */
export const TEXTS_PER_SECOND = 50

/** How many texts of each rule are not told. */
export interface Untold<Rule> {
  /** @returns whether this one is told @param nowMs on the monotonic clock */
  mayTell(rule: Rule, nowMs: number): boolean
  readonly isEmpty: boolean
  /** What was not told and not said yet, by rule; it is said by that. */
  take(): ReadonlyMap<Rule, number>
}

export function createUntold<Rule>(): Untold<Rule> {
  const rates = new Map<Rule, Rate>()
  let counts = new Map<Rule, number>()

  return {
    mayTell(rule, nowMs) {
      const rate = rates.get(rule) ?? createRate(TEXTS_PER_SECOND)
      rates.set(rule, rate)
      if (rate.take(nowMs)) return true
      counts.set(rule, (counts.get(rule) ?? 0) + 1)
      return false
    },
    get isEmpty() {
      return counts.size === 0
    },
    take() {
      const taken = counts
      counts = new Map()
      return taken
    },
  }
}
