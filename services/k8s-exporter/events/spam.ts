/**
 * What client-go's filter of spam lets through (k8s.io/client-go/tools/record, EventSourceObjectSpamFilter), for whoever wants
 * it back (B13): of a source and a type 25 at once, and one in five minutes. What it drops is counted with the next of the
 * same words that it lets through. Pure.
 */
import type { NodeEvent } from '#model'
import { createBudget } from './budget.ts'
import { putLast } from './kept.ts'

const AT_ONCE = 25
const PER_MINUTE = 1 / 5
/** Asked about and not accepted yet. */
const ASKED_MAX = 5000

export interface SpamFilter {
  /**
   * How many of the `more` times that an event happened since it was last heard of may be told. The same for the same again: what
   * was not accepted comes another time.
   * @param key source and type
   */
  passing(key: string, event: NodeEvent, more: number, nowMs: number): number
  /** It does not come again. */
  accepted(id: string, count: number): void
}

export function createSpamFilter(): SpamFilter {
  const budget = createBudget({ perMinute: PER_MINUTE, burst: AT_ONCE })
  const asked = new Map<string, number>()
  const nameOf = (id: string, count: number) => `${count} ${id}`

  function take(key: string, more: number, nowMs: number): number {
    let taken = 0
    while (taken < more && budget.take([{ key, share: 1 }], nowMs, nowMs)) taken++
    return taken
  }

  return {
    passing(key, { id, count }, more, nowMs) {
      const name = nameOf(id, count)
      const passing = asked.get(name) ?? take(key, more, nowMs)
      putLast(asked, name, passing, ASKED_MAX)
      return passing
    },
    accepted: (id, count) => void asked.delete(nameOf(id, count)),
  }
}
