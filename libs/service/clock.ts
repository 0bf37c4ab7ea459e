/** The machine's time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './types.ts'

/** `monotonicMs` is the machine's monotonic clock, the same in every process since boot. */
export function systemClock(): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal ? { signal } : undefined)
    },
  }
}

export interface FakeClock extends Clock {
  /** Moves both clocks and wakes who slept long enough, in order. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as a step of the time does. */
  step(ms: number): void
}

/** A clock for tests that moves only when it is told to. */
export function fakeClock(start: Date = new Date('2026-05-12T03:14:20Z')): FakeClock {
  let wallMs = start.getTime()
  let monoMs = 1_000_000
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monoMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason)
          return
        }
        const sleeper = { at: monoMs + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal.reason)
        })
      })
    },
    async advance(ms) {
      const end = monoMs + ms
      for (;;) {
        const [next] = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        wallMs += Math.max(0, next.at - monoMs)
        monoMs = Math.max(monoMs, next.at)
        sleepers = sleepers.filter((other) => other !== next)
        next.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      wallMs += end - monoMs
      monoMs = end
    },
    step: (ms) => {
      wallMs += ms
    },
  }
}
