/** A clock for tests that moves only when it is told to. */
import type { Clock } from './types.ts'

export interface FakeClock extends Clock {
  /** Moves both clocks and wakes who slept long enough, in order; lets each of them go on before the next. */
  advance(ms: number): Promise<void>
  /** Moves both clocks at once and wakes nobody: for what only measures. */
  pass(ms: number): void
  /** Moves the wall clock alone, as a step of the time does. */
  step(ms: number): void
  /** Moves both clocks, and nobody had a processor meanwhile: whose time has come is woken afterwards. */
  starve(ms: number): void
  /** How many wait for it now. */
  readonly sleeping: number
}

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

export function fakeClock(start: Date = new Date('2026-05-12T03:14:20Z')): FakeClock {
  let wallMs = start.getTime()
  let monoMs = 1_000_000
  const bornMs = monoMs
  let starvedMs = 0
  const sleepers = new Set<Sleeper>()

  function nextUntil(endMs: number): Sleeper | undefined {
    let next: Sleeper | undefined
    for (const sleeper of sleepers) {
      if (sleeper.atMs <= endMs && (next === undefined || sleeper.atMs < next.atMs)) next = sleeper
    }
    return next
  }

  function moveTo(atMs: number): void {
    const ms = Math.max(0, atMs - monoMs)
    wallMs += ms
    monoMs += ms
  }

  function add(ms: number, wake: () => void): Sleeper {
    const sleeper: Sleeper = { atMs: monoMs + ms, wake }
    sleepers.add(sleeper)
    return sleeper
  }

  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monoMs,
    get sleeping() {
      return sleepers.size
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = add(ms, () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        })
        function leave(): void {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', leave, { once: true })
      })
    },
    after(ms, run) {
      const sleeper = add(ms, run)
      return () => void sleepers.delete(sleeper)
    },
    async advance(ms) {
      const endMs = monoMs + ms
      // Those who begin to sleep because of what is pending now count too.
      await new Promise((resolve) => setImmediate(resolve))
      for (let next = nextUntil(endMs); next !== undefined; next = nextUntil(endMs)) {
        moveTo(next.atMs)
        sleepers.delete(next)
        next.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      moveTo(endMs)
    },
    pass: (ms) => moveTo(monoMs + ms),
    starve(ms) {
      moveTo(monoMs + ms)
      starvedMs += ms
    },
    starvation: () => ({ livedMs: monoMs - bornMs, activeMs: starvedMs, starvedMs }),
    step: (ms) => {
      wallMs += ms
    },
  }
}
