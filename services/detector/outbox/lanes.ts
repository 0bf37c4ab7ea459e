/**
 * The writes that wait, each key once with its last value, in lanes: by whose turn it takes, in the order they came. No I/O; time is
 * an argument.
 */
import { type Write, writeName } from './writes.ts'

/** A key with its last value and its place in line. */
export interface WaitingWrite {
  readonly write: Write
  /** Whose turn it takes. */
  readonly owner: string
  /** Everybody who brought a value of it since it waits. */
  readonly by: ReadonlySet<string>
  /** Which put brought the first of them. */
  readonly order: number
  /** Since when nothing but the bus keeps it back; no time for what the bus refused before. */
  readonly sinceMs: number
  /** When the first value came that its bucket does not have, whatever keeps it back; no time for what the bus refused before. */
  readonly enteredMs: number
}

/** The writes of one monitor that wait, by their names, in the order they came. */
export type Lane = ReadonlyMap<string, WaitingWrite>

export interface Lanes {
  readonly size: number
  has(name: string): boolean
  find(name: string): WaitingWrite | undefined
  /** A newer value stands where the older one stood, for everybody who brought one. */
  enter(one: WaitingWrite): void
  /** What was taken out stands before all others of its lane again; of a newer value meanwhile that is what waits. */
  putBack(one: WaitingWrite): void
  remove(name: string): void
  /** By whose turn they take. */
  all(): Iterable<readonly [string, Lane]>
  /** Those that several brought a value of. */
  shared(): Iterable<WaitingWrite>
  /** How many take the turn of this one. */
  countOf(owner: string): number
}

/** A newer value in the place of the older one, for everybody who brought one. */
function joined(older: WaitingWrite, newer: WaitingWrite): WaitingWrite {
  return {
    ...newer,
    by: older.by.has(newer.owner) ? older.by : new Set([...older.by, ...newer.by]),
    order: older.order,
    sinceMs: Math.min(older.sinceMs, newer.sinceMs),
    enteredMs: Math.min(older.enteredMs, newer.enteredMs),
  }
}

/** Nothing waits. */
export function createLanes(): Lanes {
  const lanes = new Map<string, Map<string, WaitingWrite>>()
  /** In whose lane a write waits. */
  const owners = new Map<string, string>()
  /** Names of writes that several brought a value of. */
  const shared = new Set<string>()

  function find(name: string): WaitingWrite | undefined {
    return lanes.get(owners.get(name) ?? '')?.get(name)
  }

  function remove(name: string): void {
    const owner = owners.get(name) ?? ''
    const lane = lanes.get(owner)
    owners.delete(name)
    shared.delete(name)
    lane?.delete(name)
    if (lane?.size === 0) lanes.delete(owner)
  }

  function put(one: WaitingWrite, isFirst: boolean): void {
    const name = writeName(one.write)
    if (owners.has(name) && owners.get(name) !== one.owner) remove(name)
    const lane = lanes.get(one.owner) ?? new Map<string, WaitingWrite>()
    lanes.set(one.owner, isFirst ? new Map([[name, one], ...lane]) : lane.set(name, one))
    owners.set(name, one.owner)
    if (one.by.size > 1) shared.add(name)
  }

  return {
    get size() {
      return owners.size
    },
    has: (name) => owners.has(name),
    find,
    enter(one) {
      const older = find(writeName(one.write))
      put(older === undefined ? one : joined(older, one), false)
    },
    putBack(one) {
      const name = writeName(one.write)
      const newer = find(name)
      if (newer !== undefined) remove(name)
      put(newer === undefined ? one : joined(one, newer), true)
    },
    remove,
    all: () => lanes,
    *shared() {
      for (const name of shared) {
        const one = find(name)
        if (one !== undefined) yield one
      }
    },
    countOf: (owner) => lanes.get(owner)?.size ?? 0,
  }
}
