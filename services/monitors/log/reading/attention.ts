/** Up to when it is known that nothing else stands in a log: while lines wait unread, nobody can say what is absent. */
import type { Clock } from '#clock'

/** Notes when a log is listened to. */
export interface Attention {
  /** Something of the log is taken: what follows it may wait. */
  taking(): void
  /** All that stood there was taken and told, and whatever comes is taken at once. */
  waiting(): void
  /** On the monotonic clock: all that was written until then was taken; -Infinity: nobody knows. */
  readonly provedMs: number
}

export function createAttention(clock: Pick<Clock, 'monotonicMs'>): Attention {
  let isWaiting = false
  let endedMs = Number.NEGATIVE_INFINITY
  return {
    taking() {
      if (isWaiting) endedMs = clock.monotonicMs()
      isWaiting = false
    },
    waiting() {
      isWaiting = true
    },
    get provedMs() {
      return isWaiting ? clock.monotonicMs() : endedMs
    },
  }
}
