/** Counts by name, of what is not zero. */
export type Tally = Map<string, number>

/** Counts by two names. */
export type TallyOfTallies = Map<string, Tally>

/** Adds to the count of a name within another; what comes to zero is forgotten. */
export function countIn(tallies: TallyOfTallies, outer: string, inner: string, by: number): void {
  const tally = tallies.get(outer) ?? new Map<string, number>()
  count(tally, inner, by)
  if (tally.size === 0) tallies.delete(outer)
  else tallies.set(outer, tally)
}

/** Adds to the count of a name; a count that comes to zero is forgotten. */
export function count(tally: Tally, name: string, by: number): void {
  const next = (tally.get(name) ?? 0) + by
  if (next === 0) tally.delete(name)
  else tally.set(name, next)
}
