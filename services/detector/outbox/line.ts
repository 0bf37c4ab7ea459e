/**
 * What waits for the bus, in the order it came: each key of a bucket once, with its last value, and every fact. In a round
 * each monitor has its turn ({@link Pace}); a fact goes after the state it tells of. No I/O; time is an argument.
 */
import { createFactQueue, type Fact, type FactQueue, type WaitingFact } from './facts.ts'
import { createLanes, type Lane, type Lanes, type WaitingWrite } from './lanes.ts'
import type { Pace } from './pace.ts'
import type { Tally } from './unstored.ts'
import { ownerOf, type Write, writeName } from './writes.ts'

/** What stays behind in a round: for each monitor the place of its first thing that does. */
export interface LeftBehind {
  note(monitor: string, order: number): void
  /** Whether something of this monitor that came no later than this place stays behind. */
  has(monitor: string, order: number): boolean
}

/** One round: whose turn it is, when it is, and what stays behind in it. */
export interface Round {
  readonly pace: Pace
  readonly nowMs: number
  readonly left: LeftBehind
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
  takeWrites(round: Round): readonly WaitingWrite[]
  /** Takes out the facts of this round that came no later than `upTo`. */
  takeFacts(round: Round, upTo: number): readonly WaitingFact[]
  /** What the bus did not take stands where it stood. */
  putBack(writes: readonly WaitingWrite[], facts: readonly WaitingFact[]): void
  /** Since when the oldest waits that nothing but the bus keeps back; Infinity when none does. */
  oldestMs(pace: Pace): number
  /** Tells a tally of the writes that wait. */
  count(tally: Tally, pace: Pace): void
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

/** The first of this monitor's writes, as many as have their turn, taken out. */
function takeLane(lanes: Lanes, [owner, lane]: readonly [string, Lane], { pace, nowMs, left }: Round): WaitingWrite[] {
  const going: WaitingWrite[] = []
  for (const one of lane.values()) {
    if (pace.take(owner, nowMs) !== 'now') {
      left.note(owner, one.order)
      break
    }
    going.push(waitedFor(one, pace.heldBackMs(owner)))
  }
  for (const { write } of going) lanes.remove(writeName(write))
  return going
}

/** The facts of this round that came no later than `upTo`, taken out. */
function takeFacts(facts: FactQueue, { pace, nowMs, left }: Round, upTo: number): readonly WaitingFact[] {
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
}

/** @param onDropped called with each fact that had to go */
export function createLine(maxFacts?: number, onDropped?: (fact: Fact) => void): Line {
  const facts = createFactQueue(maxFacts, onDropped)
  const lanes = createLanes()
  let last = 0

  return {
    get size() {
      return lanes.size + facts.size
    },
    dropped: facts.dropped,
    get last() {
      return last
    },
    next: () => ++last,
    enter(write, by, sinceMs) {
      const owner = by ?? ownerOf(write) ?? lanes.find(writeName(write))?.owner ?? ''
      lanes.enter({ write, owner, by: new Set([owner]), order: last, sinceMs, enteredMs: sinceMs })
    },
    has: lanes.has,
    add(fact, by, nowMs) {
      facts.add({ fact, by: by ?? factOwner(fact), order: last, sinceMs: nowMs })
    },
    takeWrites(round) {
      round.pace.begin()
      const going = [...lanes.all()].flatMap((lane) => takeLane(lanes, lane, round))
      for (const { by, order } of lanes.shared()) for (const one of by) round.left.note(one, order)
      return going
    },
    takeFacts(round, upTo) {
      round.pace.goOn()
      return facts.size === 0 ? [] : takeFacts(facts, round, upTo)
    },
    putBack(back, factsBack) {
      // From the last to the first, each before all others of its lane.
      for (const one of back.toReversed()) lanes.putBack(one)
      if (factsBack.length > 0) facts.putBack(factsBack)
    },
    oldestMs(pace) {
      let oldest = Number.POSITIVE_INFINITY
      for (const [owner, lane] of lanes.all()) {
        const heldBackMs = pace.heldBackMs(owner)
        for (const { sinceMs } of lane.values()) oldest = Math.min(oldest, Math.max(sinceMs, heldBackMs))
      }
      for (const { by, sinceMs } of facts.oldest()) oldest = Math.min(oldest, Math.max(sinceMs, pace.heldBackMs(by)))
      return oldest
    },
    count(tally, pace) {
      for (const [owner, lane] of lanes.all()) {
        const heldBackMs = pace.heldBackMs(owner)
        for (const one of lane.values()) tally.waits(waitedFor(one, heldBackMs))
      }
    },
    countOf: (monitor) => lanes.countOf(monitor) + facts.countOf(monitor),
  }
}
