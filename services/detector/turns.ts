/**
 * Work that is done in parts, so that others have their turn in between: a report of a thousand conditions holds the event
 * loop for about a millisecond at a time, and for a fifth of the time at most.
 */
import { type Clock, measureWork } from '#clock'

/** After each part the others have this many times as long. */
const REST_TIMES = 4

/** For how long work held the event loop by itself, in milliseconds; a promise where it was done in parts. */
export type Held = number | Promise<number>

export interface Turns {
  /**
   * Does the work of one name, part by part, after what is under way under that name. What fits into one part is done at
   * once; a `yield` ends a part.
   */
  run(name: string, work: () => Generator<void, void>): Held
}

/** What was done, and for how long it held the event loop by itself: a machine that is busy with others counts for nobody. */
export interface Done<T> {
  readonly value: T
  readonly heldMs: number
}

/** One part. */
function part<T>(parts: Generator<void, T>, clock: Clock) {
  const took = measureWork(clock)
  const next = parts.next()
  return { ...next, heldMs: took() }
}

/** What is left after the first part, and a rest before each. */
async function others<T>(parts: Generator<void, T>, first: number, clock: Clock): Promise<Done<T>> {
  let heldMs = first
  for (let last = first; ; ) {
    await clock.sleep(Math.max(1, last * REST_TIMES))
    const next = part(parts, clock)
    last = next.heldMs
    heldMs += last
    if (next.done === true) return { value: next.value, heldMs }
  }
}

/** Does work part by part: at once where it is done in one part. Rejects with what it throws. */
export function inParts<T>(parts: Generator<void, T>, clock: Clock): Done<T> | Promise<Done<T>> {
  const first = part(parts, clock)
  if (first.done === true) return { value: first.value, heldMs: first.heldMs }
  return others(parts, first.heldMs, clock)
}

export function createTurns(clock: Clock): Turns {
  const underway = new Map<string, Promise<number>>()

  function run(name: string, work: () => Generator<void, void>): Held {
    const before = underway.get(name)
    if (before !== undefined) return before.then(() => run(name, work))
    const parts = work()
    const first = part(parts, clock)
    if (first.done === true) return first.heldMs
    const all = others(parts, first.heldMs, clock)
      .then(({ heldMs }) => heldMs)
      .finally(() => underway.delete(name))
    // Who waits for its turn goes on after a failure too; the failure itself is told to whoever asked for the work.
    underway.set(
      name,
      all.catch(() => 0),
    )
    return all
  }

  return { run }
}
