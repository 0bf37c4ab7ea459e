/** Versions of the driver. Pure. */

/** By the parts that both have: "590.48" is as new as "590.48.01". Below 0: the first is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const differing = left.findIndex((part, index) => index < right.length && part !== right[index])
  return differing < 0 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0)
}
