/**
 * Patience with others, measured in time that this process could have heard from them: time in which it had work and no processor
 * does not count. In a container that may use a hundredth of a core an answer lies there unread for longer than any limit, and who
 * answers may be a part of the same process. Of one that has time to wait every second counts: who hangs is found at his limit.
 */
import type { Clock } from './types.ts'

/** Less is what every timer is late. */
const COUNTS_MS = 50

/** How much of its life this process was without a processor, in milliseconds. */
export function starvedMs(clock: Clock): number {
  return clock.starvation?.().starvedMs ?? 0
}

/** How many times as long as with a processor of its own this process has needed so far: 1 and more. */
export function slowness(clock: Clock): number {
  const { livedMs, starvedMs: starved } = clock.starvation?.() ?? { livedMs: 1, starvedMs: 0 }
  return livedMs / Math.max(1, livedMs - starved)
}

/** Calls `act` once `ms` have passed in which this process could do its work, unless what it returns was called before. */
export function patiently(clock: Clock, ms: number, act: () => void): () => void {
  let starved = starvedMs(clock)
  let callOff = clock.after(ms, turn)

  function turn(): void {
    const before = starved
    starved = starvedMs(clock)
    if (starved - before < COUNTS_MS) act()
    else callOff = clock.after(Math.min(ms, starved - before), turn)
  }

  return () => callOff()
}
