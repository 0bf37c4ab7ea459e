/** How long others take, and what of that was the prober's own doing. */
import type { Clock, Starvation } from '#clock'
import type { Sample, Stopwatch } from './types.ts'

/** What held a process up since it began, as the kernel counts it; only the difference of two says something. */
export interface Delays {
  /** The main thread was ready to run and others had the processor (schedstat). */
  readonly waitedMs: number
  /** The process's cgroup had used up what it may use (cpu.stat). */
  readonly throttledMs: number
}

/** Where nobody counts them. */
export const NO_DELAYS: Delays = { waitedMs: 0, throttledMs: 0 }

const NO_STARVATION: Starvation = { livedMs: 0, activeMs: 0, starvedMs: 0 }

/**
 * Late is what this process worked itself while it waited (its event loop was not listening), and for how long it was kept from
 * working: the loop sees that where it had work, the kernel also where it was only just to be woken. Each counts a part of what the
 * others count, so the largest is taken.
 */
export function createStopwatch(clock: Clock, delays: () => Delays = () => NO_DELAYS): Stopwatch {
  const starvation = () => clock.starvation?.() ?? NO_STARVATION
  return {
    start() {
      // To look takes turns of this process's processor too: what holds it up meanwhile is in neither, or in the lateness alone.
      const before = { ...starvation(), ...delays() }
      const begunMs = clock.monotonicMs()
      return (): Sample => {
        const ms = clock.monotonicMs() - begunMs
        const now = { ...starvation(), ...delays() }
        const gone = (what: keyof typeof now) => now[what] - before[what]
        const keptMs = Math.max(0, gone('starvedMs'), gone('waitedMs'), gone('throttledMs'))
        const workedMs = Math.max(0, gone('activeMs') - gone('starvedMs'))
        return { ms, lateMs: Math.min(ms, workedMs + keptMs) }
      }
    },
  }
}
