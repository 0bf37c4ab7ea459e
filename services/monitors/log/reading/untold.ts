/** Of a rule so many texts are told; the rest is counted and said. Pure. */
import { type Allowance, createAllowance } from './allowance.ts'

/** How many texts of each rule are not told. */
export interface Untold<Rule> {
  /** @returns whether this one is told @param atMs time of the line @param nowMs when it is read, on the monotonic clock */
  mayTell(rule: Rule, atMs: number, nowMs: number): boolean
  readonly isEmpty: boolean
  /** What was not told and not said yet, by rule; it is said by that. */
  take(): ReadonlyMap<Rule, number>
}

export function createUntold<Rule>(): Untold<Rule> {
  const allowances = new Map<Rule, Allowance>()
  let counts = new Map<Rule, number>()

  return {
    mayTell(rule, atMs, nowMs) {
      const allowance = allowances.get(rule) ?? createAllowance()
      allowances.set(rule, allowance)
      if (allowance.take(atMs, nowMs)) return true
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
