/** Where a rule's fault is placed. */
import { child, type Tree } from '../tree/tree.ts'
import { at, below, type Spot } from '../walk/run.ts'

/** An entry of a list with the place where it is written. */
export interface Placed<T> {
  readonly entry: T
  readonly spot: Spot
  readonly node: Tree
}

export function rootSpot(tree: Tree): Spot {
  return { path: '', key: '', place: tree.place }
}

/** The spot of a key where it is written, else that of what encloses it. */
export function spotOf(spot: Spot, node: Tree | undefined, ...keys: readonly string[]): Spot {
  let [current, inside] = [spot, node]
  for (const key of keys) {
    const entry = inside?.kind === 'map' ? inside.entries.get(key) : undefined
    current = below(current, key, entry?.place ?? current.place)
    inside = entry?.node
  }
  return current
}

/** The spot of an item of a list below an entry. */
export function itemSpot(spot: Spot, node: Tree, key: string, index: number): Spot {
  const base = spotOf(spot, node, key)
  const list = child(node, key)
  const item = list?.kind === 'list' ? list.items[index] : undefined
  return at(base, index, undefined, item?.place ?? base.place)
}

/** Which of several names of a key is written. */
export function writtenName(node: Tree, name: string, ...others: readonly string[]): string | undefined {
  return [name, ...others].find((key) => child(node, key) !== undefined)
}
