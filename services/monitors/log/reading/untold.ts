/**
 * Of a rule so many texts are told of each second of its log; the rest is counted and said. Seconds are those of the lines:
 * what was written while nobody read comes all at once, and is told as it would have been. Pure.
 */

/** Texts of one rule that are told of a second. */
export const TEXTS_PER_SECOND = 50
/** So many seconds are kept apart for a rule: lines of a log need not be in the order of their times. */
const SECONDS = 8

/** How many texts of each rule are not told. */
export interface Untold<Rule> {
  /** @returns whether this one is told @param atMs time of the line, in milliseconds */
  mayTell(rule: Rule, atMs: number): boolean
  readonly isEmpty: boolean
  /** What was not told and not said yet, by rule; it is said by that. */
  take(): ReadonlyMap<Rule, number>
}

export function createUntold<Rule>(): Untold<Rule> {
  /** Of each rule how many texts were told of its last seconds. */
  const seconds = new Map<Rule, Map<number, number>>()
  let counts = new Map<Rule, number>()

  return {
    mayTell(rule, atMs) {
      const told = seconds.get(rule) ?? new Map<number, number>()
      seconds.set(rule, told)
      const second = Math.floor(atMs / 1000)
      const before = told.get(second) ?? 0
      if (before >= TEXTS_PER_SECOND) {
        counts.set(rule, (counts.get(rule) ?? 0) + 1)
        return false
      }
      told.set(second, before + 1)
      const [oldest] = told.keys()
      if (told.size > SECONDS && oldest !== undefined) told.delete(oldest)
      return true
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
