/** A clock for checks, which look at it and seldom sleep. */
import type { Clock } from '#clock'

/** A clock whose two hands are moved apart, so that steps of the wall clock can be made. */
export interface HandClock extends Clock {
  /** Time passes. */
  pass(ms: number): void
  /** Somebody sets the wall clock. */
  step(ms: number): void
}

/** A hand clock that begins at `start` and stands until it is moved; whoever sleeps by it wakes at once. */
export function handClock(start = new Date('2024-05-12T03:14:12Z')): HandClock {
  let wall = start.getTime()
  let mono = 1_000_000
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>()
  return {
    now: () => new Date(wall),
    monotonicMs: () => mono,
    sleep: () => Promise.resolve(),
    after(ms, run) {
      const timer = { dueMs: mono + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    pass(ms) {
      wall += ms
      mono += ms
      for (const timer of [...timers].sort((a, b) => a.dueMs - b.dueMs)) {
        if (timer.dueMs <= mono && timers.delete(timer)) timer.run()
      }
    },
    step(ms) {
      wall += ms
    },
  }
}
