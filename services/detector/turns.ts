/**
 * Work that is done in parts, so that others have their turn in between: a report of a thousand conditions holds the event
 * loop for about a millisecond at a time, and for a fifth of the time at most.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/** After each part the others have this many times as long. */
const REST_TIMES = 4

/** How long work held the event loop, in milliseconds; a promise where it was done in parts. */
export type Held = number | Promise<number>

export interface Turns {
  /**
   * Does the work of one name, part by part, after what is under way under that name. What fits into one part is done at
   * once; a `yield` ends a part.
   */
  run(name: string, work: () => Generator<void, void>): Held
}

export function createTurns(monotonicMs: () => number): Turns {
  const underway = new Map<string, Promise<number>>()

  /** One part. */
  function part(parts: Generator<void, void>): { readonly isDone: boolean; readonly heldMs: number } {
    const beganMs = monotonicMs()
    const isDone = parts.next().done === true
    return { isDone, heldMs: monotonicMs() - beganMs }
  }

  async function rest(parts: Generator<void, void>, first: number): Promise<number> {
    let heldMs = first
    for (let last = first; ; ) {
      await sleep(Math.max(1, last * REST_TIMES))
      const next = part(parts)
      last = next.heldMs
      heldMs += last
      if (next.isDone) return heldMs
    }
  }

  function run(name: string, work: () => Generator<void, void>): Held {
    const before = underway.get(name)
    if (before !== undefined) return before.then(() => run(name, work))
    const parts = work()
    const first = part(parts)
    if (first.isDone) return first.heldMs
    const all = rest(parts, first.heldMs).finally(() => underway.delete(name))
    // Who waits for its turn goes on after a failure too; the failure itself is told to whoever asked for the work.
    underway.set(
      name,
      all.catch(() => 0),
    )
    return all
  }

  return { run }
}
