/** Whether two values say the same. Pure. */

/** Alike in every part, however deep; times by their moment. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  const left = Object.keys(a)
  if (left.length !== Object.keys(b).length) return false
  return left.every((key) => sameValue(a[key as keyof typeof a], b[key as keyof typeof b]))
}

/** Whether all fields are alike but those of `quiet`: what is forgotten there is told too often, never too seldom. */
export function sameBut<T extends object>(a: T, b: T, quiet: ReadonlySet<keyof T>): boolean {
  for (const name in b) if (!quiet.has(name) && a[name] !== b[name] && !sameValue(a[name], b[name])) return false
  for (const name in a) if (!(name in b) && !quiet.has(name) && a[name] !== undefined) return false
  return true
}
