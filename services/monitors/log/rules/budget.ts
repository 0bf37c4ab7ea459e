/** How many texts of a rule are told, and what is not of the second that it matched in last. Pure. */
import { createAllowance } from '../reading/allowance.ts'

/** Why texts are not told one by one. */
export type Omission = 'rate' | 'entities'

/** What was told of the second that a rule matched in last. */
export interface Spent {
  readonly second: number
  readonly told: number
  /** Not told, by why. */
  readonly omitted: Readonly<Record<Omission, number>>
}

/** The budget of one rule. */
export interface Budget {
  readonly spent: Spent
  /** @returns whether a text may be told; else it is counted @param nowMs when it is read, on the monotonic clock */
  take(atMs: number, nowMs: number): boolean
  omit(atMs: number, why: Omission): void
  /** What was not told of the second before this one; undefined: nothing, or that second goes on. */
  settle(atMs: number): Spent | undefined
  restore(spent: Spent): void
}

export const NOTHING_SPENT: Spent = { second: 0, told: 0, omitted: { rate: 0, entities: 0 } }

export function createBudget(): Budget {
  const allowance = createAllowance()
  let spent = NOTHING_SPENT

  function enter(atMs: number): void {
    const second = Math.floor(atMs / 1000)
    if (second !== spent.second) spent = { ...NOTHING_SPENT, second }
  }

  function omit(atMs: number, why: Omission): void {
    enter(atMs)
    spent = { ...spent, omitted: { ...spent.omitted, [why]: spent.omitted[why] + 1 } }
  }

  return {
    get spent() {
      return spent
    },
    take(atMs, nowMs) {
      enter(atMs)
      if (!allowance.take(atMs, nowMs)) {
        omit(atMs, 'rate')
        return false
      }
      spent = { ...spent, told: spent.told + 1 }
      return true
    },
    omit,
    settle(atMs) {
      const { second, omitted } = spent
      if (Math.floor(atMs / 1000) === second || omitted.rate + omitted.entities === 0) return undefined
      const settled = spent
      spent = NOTHING_SPENT
      return settled
    },
    restore(before) {
      spent = before
      allowance.restore(before.second, before.told)
    },
  }
}
