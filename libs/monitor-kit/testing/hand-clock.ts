/** A clock for checks, which look at it, and sleep until the test lets time pass. */
import type { Clock } from '#clock'

/** A clock whose two hands are moved apart, so that steps of the wall clock can be made. */
export interface HandClock extends Clock {
  /** Time passes. */
  pass(ms: number): void
  /** Somebody sets the wall clock. */
  step(ms: number): void
}

/** A hand clock that begins at `start` and stands until it is moved: who sleeps by it wakes when so much time has passed. */
export function handClock(start: Date = new Date('2024-05-12T03:14:12Z')): HandClock {
  let wall = start.getTime()
  let mono = 1_000_000
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>()
  const clock: HandClock = {
    now: () => new Date(wall),
    monotonicMs: () => mono,
    sleep(ms, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      if (signal?.aborted) reject(signal.reason)
      if (ms <= 0) resolve()
      const callOff = clock.after(ms, resolve)
      signal?.addEventListener('abort', () => {
        callOff()
        reject(signal.reason)
      })
      return promise
    },
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
  return clock
}
