/**
 * How far checks stand behind those that hold them back: what stands behind nobody is 0.
 * @param holdersOf what holds back a check, by name; undefined: it is none
 */
export function createDepths(holdersOf: (check: string) => readonly string[] | undefined): (check: string) => number {
  const depths = new Map<string, number>()
  return function depthOf(check: string): number {
    const known = depths.get(check)
    if (known !== undefined) return known
    // A circle is broken where it is entered.
    depths.set(check, 0)
    const depth = (holdersOf(check) ?? []).reduce((most, holder) => Math.max(most, depthOf(holder) + 1), 0)
    depths.set(check, depth)
    return depth
  }
}
