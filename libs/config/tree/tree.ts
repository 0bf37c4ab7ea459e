/** A configuration as it was written: values with the place of each. */

/** Where a value comes from. `text` is for people: "config.yaml, line 41", "environment, NODE_NAME", "flag, --dry-run=false". */
export interface Origin {
  readonly layer: 'default' | 'file' | 'environment' | 'flag'
  readonly text: string
}

/** Where a value stands. */
export interface Place {
  readonly origin: Origin
  /** What an error about it begins with: "config.yaml:6:5", "NODE_DOCTOR_LOG_LEVEL". */
  readonly where: string
}

export type Scalar = string | number | boolean | null

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: Scalar
  /** As it was written, without quotes. */
  readonly text: string
  /** From the environment, a flag or a `${VARIABLE}`: its type is the one that is expected of it. */
  readonly untyped: boolean
  /** What is shown of it in place of its text: it holds a secret. */
  readonly shown?: string
}

export interface ListNode {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Tree[]
}

export interface MapNode {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, Entry>
}

/** A key with its value. An error about the value is placed at the key. */
export interface Entry {
  readonly place: Place
  readonly node: Tree
}

export type Tree = ScalarNode | ListNode | MapNode

/** Plain data as a tree, all of it at one place. */
export function treeOf(value: unknown, place: Place, untyped = false): Tree {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => treeOf(item, place, untyped)) }
  if (typeof value === 'object' && value !== null) return mapOf(value, place, untyped)
  const scalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : null
  return { kind: 'scalar', place, value: scalar, text: scalar === null ? '' : String(scalar), untyped }
}

export function mapOf(value: object, place: Place, untyped = false): MapNode {
  const entries = Object.entries(value).map(
    ([key, item]: [string, unknown]) => [key, { place, node: treeOf(item, place, untyped) }] as const,
  )
  return { kind: 'map', place, entries: new Map(entries) }
}

/** The plain data of a tree. */
export function plainOf(node: Tree): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries([...node.entries].map(([key, { node: item }]) => [key, plainOf(item)]))
}

export function emptyMap(place: Place): MapNode {
  return { kind: 'map', place, entries: new Map() }
}

/** A scalar without content (`settings:` with nothing under it). */
export function isEmpty(node: Tree): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** The entry's value in a map; undefined when it is not written or without content. */
export function child(node: Tree | undefined, key: string): Tree | undefined {
  const found = node?.kind === 'map' ? node.entries.get(key)?.node : undefined
  return found === undefined || isEmpty(found) ? undefined : found
}
