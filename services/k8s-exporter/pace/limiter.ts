/**
 * At most so many requests a second over a longer time, and a few at once. Conditions go before events: the last tokens
 * are theirs (docs/architecture.md, section 11: a storm never exceeds 5 requests a second).
 */
import type { Clock } from '#clock'
import { createRate } from '#pace'

export interface LimiterOptions {
  readonly perSecond: number
  readonly burst: number
  /** Tokens that only `urgent` takers may have. */
  readonly reserved: number
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>
}

export interface Limiter {
  /** Takes a token if there is one; else says in how many milliseconds there will be. */
  take(urgent: boolean): number
  /** Resolves with a token in hand. Rejects with the signal's reason. */
  wait(urgent: boolean, signal: AbortSignal): Promise<void>
}

export function createLimiter({ perSecond, burst, reserved, clock }: LimiterOptions): Limiter {
  const rate = createRate(perSecond, burst)

  function take(urgent: boolean): number {
    const nowMs = clock.monotonicMs()
    const waitMs = rate.waitMs(nowMs, urgent ? 1 : 1 + reserved)
    if (waitMs === 0) rate.spend(nowMs)
    return waitMs
  }

  return {
    take,
    async wait(urgent, signal) {
      for (;;) {
        signal.throwIfAborted()
        const ms = take(urgent)
        if (ms === 0) return
        await clock.sleep(ms, signal)
      }
    },
  }
}
