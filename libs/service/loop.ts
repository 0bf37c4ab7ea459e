/** Something done again and again: turns never overlap, have jitter, and are watched. */
import type { Clock } from '#clock'
import type { Logger } from './types.ts'

export interface LoopOptions {
  readonly name: string
  /** From the start of a turn to the start of the next; a turn that takes longer skips, it never catches up. */
  readonly intervalMs: number
  /** Share of the interval by which each wait varies, 0 to 1. Default 0.1. */
  readonly jitter?: number
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Logger
}

/** A loop at work. */
export interface Loop {
  /** False when three turns were missed: a turn hangs. */
  healthy(): boolean
  /** Resolves when the loop has ended, after its signal was aborted and its last turn is over. */
  readonly ended: Promise<void>
}

const MISSED_TURNS = 3

/** The first turn is at once. A turn that throws is logged, and the next comes in its time. */
export function startLoop(options: LoopOptions): Loop {
  const { name, intervalMs, jitter = 0.1, run, signal, clock, log } = options
  let finishedMs = clock.monotonicMs()
  let isFailing = false

  async function turn(): Promise<void> {
    try {
      await run(signal)
      if (isFailing) log.info('turns of a loop succeed again', { loop: name })
      isFailing = false
    } catch (err) {
      if (!signal.aborted && !isFailing) log.error('turn of a loop failed', { loop: name, err })
      isFailing = true
    }
    finishedMs = clock.monotonicMs()
  }

  async function turns(): Promise<void> {
    while (!signal.aborted) {
      const beganMs = clock.monotonicMs()
      await turn()
      const dueMs = beganMs + intervalMs * (1 + jitter * (2 * Math.random() - 1))
      await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal).catch(() => undefined)
    }
  }

  return {
    healthy: () => clock.monotonicMs() - finishedMs < MISSED_TURNS * intervalMs,
    ended: turns(),
  }
}
