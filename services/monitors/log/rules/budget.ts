/** How many texts of a rule are told, and what of the rest has still to be said. Pure. */
import { hashText } from '#model'
import { createAllowance } from '../reading/allowance.ts'
import type { LogLine } from '../sources/types.ts'

/** Why texts are not told one by one. */
export type Omission = 'rate' | 'entities'

/** What was told of the second that a rule was told of last. */
export interface Spent {
  readonly second: number
  readonly told: number
}

/** What was not told, and not said yet. */
export interface Omitted {
  /** By why. */
  readonly counts: Readonly<Record<Omission, number>>
  /** It follows from the first of the lines. */
  readonly key: string
  /** The newest time of the lines. */
  readonly atMs: number
}

type Told = Pick<LogLine, 'at' | 'key'>

/** The budget of one rule. */
export interface Budget {
  readonly spent: Spent | undefined
  readonly omitted: Omitted | undefined
  /** @returns whether a text may be told; else it is counted @param nowMs when it is read, on the monotonic clock */
  take(line: Told, nowMs: number): boolean
  omit(line: Told, why: Omission, nowMs: number): void
  /** What was not told: once it is a second ago, whatever the lines say of the time. @param nowMs on the monotonic clock */
  settle(nowMs: number): Omitted | undefined
  restore(spent: Spent | undefined, omitted: Omitted | undefined): void
}

/** What is not told is said after so long, together. */
const SAID_MS = 1_000

export function createBudget(): Budget {
  const allowance = createAllowance()
  let spent: Spent | undefined
  let omitted: Omitted | undefined
  /** Since when something has to be said, on the monotonic clock; undefined: an earlier life left it. */
  let sinceMs: number | undefined

  function omit({ at, key }: Told, why: Omission, nowMs: number): void {
    sinceMs ??= nowMs
    const { counts, ...first } = omitted ?? { counts: { rate: 0, entities: 0 }, key: hashText(key), atMs: at.getTime() }
    const atMs = Math.max(first.atMs, at.getTime())
    omitted = { ...first, atMs, counts: { ...counts, [why]: counts[why] + 1 } }
  }

  return {
    get spent() {
      return spent
    },
    get omitted() {
      return omitted
    },
    take(line, nowMs) {
      const atMs = line.at.getTime()
      if (!allowance.take(atMs, nowMs)) {
        omit(line, 'rate', nowMs)
        return false
      }
      const second = Math.floor(atMs / 1000)
      spent = { second, told: spent?.second === second ? spent.told + 1 : 1 }
      return true
    },
    omit,
    settle(nowMs) {
      if (omitted === undefined) return undefined
      sinceMs ??= nowMs
      if (nowMs !== Number.POSITIVE_INFINITY && nowMs - sinceMs < SAID_MS) return undefined
      const settled = omitted
      omitted = undefined
      sinceMs = undefined
      return settled
    },
    restore(told, untold) {
      spent = told
      omitted = untold
      if (told !== undefined) allowance.restore(told.second, told.told)
    },
  }
}
