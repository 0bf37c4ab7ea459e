/**
 * Facts on their way to the streams, in order and bounded: those of the lowest severity go first, of these the oldest of
 * whoever has most of them.
 */
import { compareSeverity, type NodeEvent, type Problem, type Severity } from '#model'

export type Fact =
  | { readonly kind: 'event'; readonly value: NodeEvent }
  | { readonly kind: 'problem'; readonly value: Problem }

/** Facts that wait at most. About 20 MB when every one is at its longest. */
export const FACTS_MAX = 10_000
/** Dropped at a time, so that a full queue does not look for a victim at every fact. */
const DROP_AT_ONCE = 100

export interface FactQueue {
  readonly size: number
  /** The first to go. */
  readonly oldest: Fact | undefined
  /** Facts dropped since the start, by severity. */
  readonly dropped: Readonly<Record<Severity, number>>
  add(fact: Fact): void
  /** Takes the first `most` facts out. */
  take(most: number): Fact[]
  /** Puts facts back before all others, in their order. */
  putBack(facts: readonly Fact[]): void
}

function severityOf(fact: Fact): Severity {
  return fact.value.severity
}

/** Problems are dropped after every event: their state is in a bucket, an event is nowhere else. */
function cheaper(a: Fact, b: Fact): boolean {
  if (a.kind !== b.kind) return a.kind === 'event'
  return compareSeverity(severityOf(a), severityOf(b)) < 0
}

function monitorOf(fact: Fact): string {
  return fact.kind === 'event' ? fact.value.monitor : fact.value.source
}

/** Whoever has most of them. */
function loudestOf(facts: readonly Fact[]): string | undefined {
  const counts = new Map<string, number>()
  for (const fact of facts) counts.set(monitorOf(fact), (counts.get(monitorOf(fact)) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** @param onDropped called with each fact that had to go */
export function createFactQueue(max: number = FACTS_MAX, onDropped: (fact: Fact) => void = () => undefined): FactQueue {
  let facts: Fact[] = []
  const dropped = { info: 0, warning: 0, error: 0, critical: 0 }

  function makeRoom(): void {
    const cheapest = facts.reduce((least, fact) => (cheaper(fact, least) ? fact : least))
    const isCheap = (fact: Fact) => fact.kind === cheapest.kind && severityOf(fact) === severityOf(cheapest)
    const loudest = loudestOf(facts.filter(isCheap))
    let left = Math.min(DROP_AT_ONCE, Math.max(1, Math.floor(max / 10)))
    facts = facts.filter((fact) => {
      const victim = left > 0 && isCheap(fact) && monitorOf(fact) === loudest
      if (victim) {
        left--
        dropped[severityOf(fact)]++
        onDropped(fact)
      }
      return !victim
    })
  }

  return {
    get size() {
      return facts.length
    },
    get oldest() {
      return facts[0]
    },
    dropped,
    add(fact) {
      facts.push(fact)
      if (facts.length > max) makeRoom()
    },
    take: (most) => facts.splice(0, most),
    putBack(back) {
      facts.unshift(...back)
      while (facts.length > max) makeRoom()
    },
  }
}
