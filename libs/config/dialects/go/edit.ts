/** Keys taken out of a tree and put elsewhere into it. Trees are never changed: what is returned is another one. */
import { type Entry, emptyMap, type MapNode, type Tree } from '../../tree/tree.ts'

export type Steps = readonly string[]

/** The entry at these keys. */
export function entryAt(map: MapNode, [step = '', ...rest]: Steps): Entry | undefined {
  const entry = map.entries.get(step)
  if (entry === undefined || rest.length === 0) return entry
  return entry.node.kind === 'map' ? entryAt(entry.node, rest) : undefined
}

/** A map with other entries; in the order that is given. */
export function withEntries(map: MapNode, entries: Iterable<readonly [string, Entry]>): MapNode {
  return { ...map, entries: new Map(entries) }
}

/** Without the entry at these keys; what encloses it and has nothing else in it goes along. */
export function without(map: MapNode, [step = '', ...rest]: Steps): MapNode {
  const entry = map.entries.get(step)
  if (entry === undefined) return map
  const inner = rest.length > 0 && entry.node.kind === 'map' ? without(entry.node, rest) : undefined
  if (rest.length > 0 && (inner === undefined || inner === entry.node)) return map
  if (inner === undefined || inner.entries.size === 0)
    return withEntries(
      map,
      [...map.entries].filter(([key]) => key !== step),
    )
  return withEntries(
    map,
    [...map.entries].map(([key, one]) => [key, key === step ? { ...one, node: inner } : one]),
  )
}

/**
 * With an entry at these keys. A key that is new stands before `before`, or last.
 * Where a single value is in the way it stays, and the entry is not put.
 */
export function withEntry(map: MapNode, [step = '', ...rest]: Steps, entry: Entry, before?: string): MapNode {
  const known = map.entries.get(step)
  const inside = known?.node ?? emptyMap(entry.place)
  const isMap = inside.kind === 'map'
  if (rest.length > 0 && !isMap && !(inside.kind === 'scalar' && inside.value === null)) return map
  const node =
    rest.length === 0
      ? entry
      : { place: known?.place ?? entry.place, node: withEntry(isMap ? inside : emptyMap(entry.place), rest, entry) }
  if (known !== undefined)
    return withEntries(
      map,
      [...map.entries].map(([key, one]) => [key, key === step ? node : one]),
    )
  const entries = [...map.entries]
  const index = entries.findIndex(([key]) => key === before)
  return withEntries(
    map,
    index < 0 ? [...entries, [step, node]] : [...entries.slice(0, index), [step, node], ...entries.slice(index)],
  )
}

/** Every map at these steps, `[]` behind a list's name for each item of it. @param path where the map stands, for the one that acts */
export function atEach(
  node: Tree,
  [step, ...rest]: Steps,
  act: (map: MapNode, path: string) => MapNode,
  path = '',
): Tree {
  if (node.kind !== 'map') return node
  if (step === undefined) return act(node, path)
  const isList = step.endsWith('[]')
  const name = isList ? step.slice(0, -2) : step
  const entry = node.entries.get(name)
  if (entry === undefined) return node
  const below = path === '' ? name : `${path}.${name}`
  const inner = isList ? atItems(entry.node, rest, act, below) : atEach(entry.node, rest, act, below)
  if (inner === entry.node) return node
  return withEntries(
    node,
    [...node.entries].map(([key, one]) => [key, key === name ? { ...one, node: inner } : one]),
  )
}

function atItems(node: Tree, rest: Steps, act: (map: MapNode, path: string) => MapNode, path: string): Tree {
  if (node.kind !== 'list') return node
  const items = node.items.map((item, index) => atEach(item, rest, act, `${path}[${index}]`))
  return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
}
