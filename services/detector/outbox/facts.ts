/**
 * Facts on their way to the streams, in order and bounded: those of the lowest severity go first, of these the oldest of
 * whoever has most of them.
 */
import { compareSeverity, type NodeEvent, type Problem, type Severity } from '#model'

export type Fact =
  | { readonly kind: 'event'; readonly value: NodeEvent }
  | { readonly kind: 'problem'; readonly value: Problem }

/** A fact with its place in line. */
export interface WaitingFact {
  readonly fact: Fact
  /** Who brought it. */
  readonly by: string
  /** Which {@link Outbox.put} brought it. */
  readonly order: number
  readonly sinceMs: number
}

/** Facts that wait at most. About 20 MB when every one is at its longest. */
export const FACTS_MAX = 10_000
/** Dropped at a time, so that a full queue does not look for a victim at every fact. */
const DROP_AT_ONCE = 100

export interface FactQueue {
  readonly size: number
  /** The first of each monitor. */
  oldest(): Iterable<WaitingFact>
  /** Facts dropped since the start, by severity. */
  readonly dropped: Readonly<Record<Severity, number>>
  add(fact: WaitingFact): void
  /** How many a monitor brought. */
  countOf(monitor: string): number
  /** Takes out those that may go, in order; `mayGo` is asked of each in turn. */
  take(mayGo: (fact: WaitingFact) => boolean): WaitingFact[]
  /** Puts facts back before all others, in their order. */
  putBack(facts: readonly WaitingFact[]): void
}

function severityOf({ fact }: WaitingFact): Severity {
  return fact.value.severity
}

/** Problems are dropped after every event: their state is in a bucket, an event is nowhere else. */
function cheaper(a: WaitingFact, b: WaitingFact): boolean {
  if (a.fact.kind !== b.fact.kind) return a.fact.kind === 'event'
  return compareSeverity(severityOf(a), severityOf(b)) < 0
}

/** Whoever brought most of them. */
function loudestOf(facts: readonly WaitingFact[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { by } of facts) counts.set(by, (counts.get(by) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** @param onDropped called with each fact that had to go */
export function createFactQueue(max: number = FACTS_MAX, onDropped: (fact: Fact) => void = () => undefined): FactQueue {
  let facts: WaitingFact[] = []
  const dropped = { info: 0, warning: 0, error: 0, critical: 0 }

  function makeRoom(): void {
    const cheapest = facts.reduce((least, fact) => (cheaper(fact, least) ? fact : least))
    const isCheap = (one: WaitingFact) =>
      one.fact.kind === cheapest.fact.kind && severityOf(one) === severityOf(cheapest)
    const loudest = loudestOf(facts.filter(isCheap))
    let left = Math.min(DROP_AT_ONCE, Math.max(1, Math.floor(max / 10)))
    facts = facts.filter((one) => {
      const victim = left > 0 && isCheap(one) && one.by === loudest
      if (victim) {
        left--
        dropped[severityOf(one)]++
        onDropped(one.fact)
      }
      return !victim
    })
  }

  return {
    get size() {
      return facts.length
    },
    oldest() {
      const first = new Map<string, WaitingFact>()
      for (const one of facts) if (!first.has(one.by)) first.set(one.by, one)
      return first.values()
    },
    dropped,
    countOf: (monitor) => facts.reduce((count, { by }) => (by === monitor ? count + 1 : count), 0),
    add(fact) {
      facts.push(fact)
      if (facts.length > max) makeRoom()
    },
    take(mayGo) {
      const taken: WaitingFact[] = []
      const left: WaitingFact[] = []
      for (const fact of facts) (mayGo(fact) ? taken : left).push(fact)
      facts = left
      return taken
    },
    putBack(back) {
      facts.unshift(...back)
      while (facts.length > max) makeRoom()
    },
  }
}
