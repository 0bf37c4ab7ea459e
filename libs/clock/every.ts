/** Something done again and again, together with all else in the process that is done as often. */
import type { Clock } from './types.ts'

/** How often, and until when. */
export interface EveryOptions {
  /** Between two times, in milliseconds. */
  readonly ms: number
  /** How late each may come, for the sake of others. Default 0: with those of the same `ms` it comes together anyway. */
  readonly slackMs?: number
  /** Ends it. */
  readonly signal?: AbortSignal
}

/**
 * Calls `act` at each multiple of `ms` on the monotonic clock until the signal aborts or the returned end is called. What
 * was missed is skipped. What `act` throws is thrown as by a timer, and the next time comes all the same.
 */
export function every(clock: Clock, { ms, slackMs, signal }: EveryOptions, act: () => void): () => void {
  let callOff: () => void = () => undefined

  function next(): void {
    const turn = (): void => {
      next()
      act()
    }
    callOff = clock.after(ms - (clock.monotonicMs() % ms), turn, slackMs)
  }

  function end(): void {
    callOff()
    signal?.removeEventListener('abort', end)
  }

  if (signal?.aborted) return end
  signal?.addEventListener('abort', end, { once: true })
  next()
  return end
}
