/** The machine's time. */
import type { Clock, Starvation } from './types.ts'
import { createWheel } from './wheel.ts'

/** The longest wait that a timer of Node takes; a longer one would end at once. */
const TIMER_MAX_MS = 2 ** 31 - 1

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/**
 * What the event loop waited for others is idle, what it ran is counted by the kernel; the rest it had to do without. What the kernel
 * does to go to sleep and to wake is in both: each wake takes 10 to 20 µs away, and over days the sum falls below zero. To stop it there
 * would hide what comes after.
 */
function starvation(isExact = false): Starvation {
  // Asked for the whole process the kernel brings the running thread's own count up to date.
  if (isExact) process.cpuUsage()
  const { duration: livedMs, idleTime } = performance.nodeTiming
  const { user, system } = process.threadCpuUsage()
  const activeMs = livedMs - idleTime
  return { livedMs, activeMs, starvedMs: activeMs - (user + system) / 1000 }
}

/**
 * Time of this machine: `monotonicMs` is CLOCK_MONOTONIC, the same in every process since boot, and no step of the wall clock
 * moves it. All that wait on one clock share one timer; a process has one clock.
 */
export function systemClock(): Clock {
  const wheel = createWheel({
    nowMs: monotonicMs,
    setTimer(afterMs, act) {
      // Node counts from the whole millisecond before: without one more it would wake too early, and then once more.
      const timer = setTimeout(act, Math.min(afterMs + 1, TIMER_MAX_MS))
      return () => clearTimeout(timer)
    },
  })

  function after(ms: number, run: () => void, slackMs = 0): () => void {
    const dueMs = monotonicMs() + Math.max(0, ms)
    return wheel.add(dueMs, dueMs + slackMs, run)
  }

  return {
    now: () => new Date(),
    monotonicMs,
    starvation,
    after,
    sleep(ms, signal, slackMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      if (signal?.aborted) {
        reject(signal.reason)
        return promise
      }
      const callOff = after(
        ms,
        () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
        slackMs,
      )
      function abort(): void {
        callOff()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      return promise
    },
  }
}
