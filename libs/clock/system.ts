/** The machine's time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './types.ts'

/** The longest wait that a timer of Node takes; a longer one would end at once. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** Time of this machine: `monotonicMs` is CLOCK_MONOTONIC: the same in every process since boot, and no step of the wall clock moves it. */
export function systemClock(): Clock {
  return {
    now: () => new Date(),
    monotonicMs() {
      const [seconds, nanoseconds] = process.hrtime()
      return seconds * 1000 + nanoseconds / 1e6
    },
    after(ms, run) {
      let timer = setTimeout(wake, Math.min(ms, TIMER_MAX_MS))
      let leftMs = ms - TIMER_MAX_MS
      function wake(): void {
        if (leftMs <= 0) {
          run()
          return
        }
        timer = setTimeout(wake, Math.min(leftMs, TIMER_MAX_MS))
        leftMs -= TIMER_MAX_MS
      }
      return () => clearTimeout(timer)
    },
    async sleep(ms, signal) {
      let left = ms
      for (; left > TIMER_MAX_MS; left -= TIMER_MAX_MS) await sleep(TIMER_MAX_MS, undefined, signal ? { signal } : {})
      await sleep(Math.max(0, left), undefined, signal ? { signal } : {}).catch((err: unknown) => {
        throw signal?.aborted ? signal.reason : err
      })
    },
  }
}
