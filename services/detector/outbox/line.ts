/**
 * What waits for the bus, in the order it came: each key of a bucket once, with its last value, and every fact. In a round
 * each monitor has its turn ({@link Pace}); a fact goes after the state it tells of. No I/O; time is an argument.
 */
import { createFactQueue, type Fact, type FactQueue, type WaitingFact } from './facts.ts'
import type { Pace } from './pace.ts'
import { ownerOf, type Write, writeName } from './writes.ts'

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
}

/** What stays behind in a round: for each monitor the place of its first thing that does. */
export interface LeftBehind {
  note(monitor: string, order: number): void
  /** Whether something of this monitor that came no later than this place stays behind. */
  has(monitor: string, order: number): boolean
}

export interface Line {
  readonly size: number
  readonly dropped: FactQueue['dropped']
  /** The place of what was put last. */
  readonly last: number
  /** Begins the next put: what is entered from now on came together. */
  next(): number
  enter(write: Write, by: string | undefined, sinceMs: number): void
  has(name: string): boolean
  add(fact: Fact, by: string | undefined, nowMs: number): void
  /** Takes out the writes of this round, and notes what stays behind. */
  takeWrites(pace: Pace, nowMs: number, left: LeftBehind): readonly WaitingWrite[]
  /** Takes out the facts of this round that came no later than `upTo`. */
  takeFacts(pace: Pace, nowMs: number, left: LeftBehind, upTo: number): readonly WaitingFact[]
  /** What the bus did not take stands where it stood. */
  putBack(writes: readonly WaitingWrite[], facts: readonly WaitingFact[]): void
  /** Since when the oldest waits that nothing but the bus keeps back; Infinity when none does. */
  oldestMs(pace: Pace): number
  /** How many things of a monitor wait. */
  countOf(monitor: string): number
}

/** What its own monitor kept back until then has waited for the bus since then alone. */
function waitedFor<T extends { readonly sinceMs: number }>(one: T, heldBackMs: number): T {
  return one.sinceMs >= heldBackMs ? one : { ...one, sinceMs: heldBackMs }
}

export function createLeftBehind(): LeftBehind {
  const first = new Map<string, number>()
  return {
    note(monitor, order) {
      first.set(monitor, Math.min(order, first.get(monitor) ?? order))
    },
    has: (monitor, order) => (first.get(monitor) ?? Number.POSITIVE_INFINITY) <= order,
  }
}

function factOwner({ kind, value }: Fact): string {
  return kind === 'event' ? value.monitor : value.source
}

/** The writes of one monitor that wait, by their names, in the order they came. */
type Lane = Map<string, WaitingWrite>

/** @param onDropped called with each fact that had to go */
export function createLine(maxFacts?: number, onDropped?: (fact: Fact) => void): Line {
  const facts = createFactQueue(maxFacts, onDropped)
  const lanes = new Map<string, Lane>()
  /** In whose lane a write waits. */
  const owners = new Map<string, string>()
  /** Writes that several brought a value of. */
  const shared = new Set<string>()
  let last = 0

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

  function put(one: WaitingWrite, isFirst = false): void {
    const name = writeName(one.write)
    if (owners.has(name) && owners.get(name) !== one.owner) remove(name)
    const lane = lanes.get(one.owner) ?? new Map<string, WaitingWrite>()
    lanes.set(one.owner, isFirst ? new Map([[name, one], ...lane]) : lane.set(name, one))
    owners.set(name, one.owner)
    if (one.by.size > 1) shared.add(name)
  }

  /** A newer value stands where the older one stood, for everybody who brought one. */
  function joined(older: WaitingWrite | undefined, newer: WaitingWrite): WaitingWrite {
    if (older === undefined) return newer
    return {
      ...newer,
      by: older.by.has(newer.owner) ? older.by : new Set([...older.by, ...newer.by]),
      order: older.order,
      sinceMs: Math.min(older.sinceMs, newer.sinceMs),
    }
  }

  /** The first of this monitor's writes, as many as have their turn. */
  function takeLane(owner: string, lane: Lane, pace: Pace, nowMs: number, left: LeftBehind): WaitingWrite[] {
    const going: WaitingWrite[] = []
    for (const one of lane.values()) {
      const turn = pace.take(owner, nowMs)
      if (turn !== 'now') {
        left.note(owner, one.order)
        break
      }
      going.push(waitedFor(one, pace.heldBackMs(owner)))
    }
    for (const { write } of going) remove(writeName(write))
    return going
  }

  return {
    get size() {
      return owners.size + facts.size
    },
    dropped: facts.dropped,
    get last() {
      return last
    },
    next: () => ++last,
    enter(write, by, sinceMs) {
      const before = find(writeName(write))
      const owner = by ?? ownerOf(write) ?? before?.owner ?? ''
      put(joined(before, { write, owner, by: new Set([owner]), order: last, sinceMs }))
    },
    has: (name) => owners.has(name),
    add(fact, by, nowMs) {
      facts.add({ fact, by: by ?? factOwner(fact), order: last, sinceMs: nowMs })
    },
    takeWrites(pace, nowMs, left) {
      pace.begin()
      const going = [...lanes].flatMap(([owner, lane]) => takeLane(owner, lane, pace, nowMs, left))
      for (const name of shared) {
        const one = find(name)
        for (const by of one?.by ?? []) left.note(by, one?.order ?? 0)
      }
      return going
    },
    takeFacts(pace, nowMs, left, upTo) {
      pace.goOn()
      if (facts.size === 0) return []
      /** Problems of which an earlier fact stays: what happened to one is told in order, whoever brought it. */
      const held = new Set<string>()
      const going = facts.take(({ fact, by, order }) => {
        if (order > upTo) return false
        const id = fact.kind === 'problem' ? fact.value.fingerprint : undefined
        const isHeld = left.has(by, order) || (id !== undefined && held.has(id))
        if (!isHeld && pace.take(by, nowMs) === 'now') return true
        left.note(by, order)
        if (id !== undefined) held.add(id)
        return false
      })
      return going.map((one) => waitedFor(one, pace.heldBackMs(one.by)))
    },
    putBack(back, factsBack) {
      // From the last to the first, each before all others of its lane.
      for (const one of back.toReversed()) {
        const name = writeName(one.write)
        const newer = find(name)
        if (newer !== undefined) remove(name)
        put(newer === undefined ? one : joined(one, newer), true)
      }
      if (factsBack.length > 0) facts.putBack(factsBack)
    },
    oldestMs(pace) {
      let oldest = Number.POSITIVE_INFINITY
      for (const [owner, lane] of lanes) {
        const heldBackMs = pace.heldBackMs(owner)
        for (const { sinceMs } of lane.values()) oldest = Math.min(oldest, Math.max(sinceMs, heldBackMs))
      }
      for (const { by, sinceMs } of facts.oldest()) oldest = Math.min(oldest, Math.max(sinceMs, pace.heldBackMs(by)))
      return oldest
    },
    countOf: (monitor) => (lanes.get(monitor)?.size ?? 0) + facts.countOf(monitor),
  }
}
