/**
 * Records that one folding has made itself, by how many keys each has. Those may be changed in place, since nobody else has seen them: what
 * is folded record by record is copied once for each, and a whole journal once for all.
 */
export type Own = WeakMap<object, number>

/** How many keys it has. */
export function sizeOf(own: Own, of: object): number {
  return own.get(of) ?? Object.keys(of).length
}

/** The record with a value; the one that is given where that is one's own, and else a copy of it. */
export function put<T>(own: Own, of: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  const size = sizeOf(own, of) + (Object.hasOwn(of, key) ? 0 : 1)
  const mine: Record<string, T> = own.has(of) ? of : { ...of }
  mine[key] = value
  own.set(mine, size)
  return mine
}
