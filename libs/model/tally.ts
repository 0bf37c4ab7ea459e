/** Counts by name, of what is not zero. */
export type Tally = Map<string, number>

export function count(tally: Tally, name: string, by: number): void {
  const next = (tally.get(name) ?? 0) + by
  if (next === 0) tally.delete(name)
  else tally.set(name, next)
}
