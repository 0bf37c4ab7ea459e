/** Up to when it is known that nothing else stands in a log: while lines wait unread, nobody can say what is absent. */
import type { Clock } from '#clock'

/** Turns one right after the other are one: nothing was taken between them. */
const LIVED_MS = 1_000
/** A source may come to a line so long after it was written: a file is looked at each few seconds where nothing says that it changed. */
const SOURCE_MS = 5_000

/** Notes when a log is listened to. */
export interface Attention {
  /** Reading begins. */
  began(): void
  /** Something of the log is taken: what follows it may wait. */
  taking(): void
  /** All that stood there was taken. */
  caughtUp(): void
  /** And told: whatever comes is taken as soon as this process gets to it. */
  waiting(): void
  /** A turn of the check. */
  turn(): void
  /** On the monotonic clock: all that was written until then was taken; -Infinity: nobody knows. */
  readonly provedMs: number
}

/**
 * A process that stood still comes to its turn before it comes to what was written meanwhile: that nothing was taken up to now
 * proves nothing of now. What was written before a log was asked for more was taken once it has no more; and what a source had come
 * to before a turn was taken by the next, if anything was.
 */
export function createAttention(clock: Pick<Clock, 'monotonicMs'>): Attention {
  let isWaiting = false
  /** When it was asked for what comes next. */
  let askedMs = Number.NEGATIVE_INFINITY
  /** Of the last turn, where nothing was taken since. */
  let turnMs = Number.NEGATIVE_INFINITY
  let provedMs = Number.NEGATIVE_INFINITY
  const prove = (ms: number): void => {
    provedMs = Math.max(provedMs, ms)
  }

  return {
    began() {
      askedMs = clock.monotonicMs()
    },
    taking() {
      isWaiting = false
    },
    caughtUp: () => prove(askedMs),
    waiting() {
      askedMs = clock.monotonicMs()
      turnMs = Number.NEGATIVE_INFINITY
      isWaiting = true
    },
    turn() {
      const nowMs = clock.monotonicMs()
      if (!isWaiting || nowMs - turnMs < LIVED_MS) return
      prove(turnMs - SOURCE_MS)
      turnMs = nowMs
    },
    get provedMs() {
      return provedMs
    },
  }
}
