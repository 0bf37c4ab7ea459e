/** When an exporter is given something again: by its breaker, and at once where another one took its place. */
import { type Breaker, type BreakerPolicy, CLOSED, callBy, failedBy, isExhausted, waitMsOf } from '#pace'

/** What is known of how it does. */
export type Doing = 'serving' | 'failing' | 'paused' | 'lost'

export interface Patience {
  readonly doing: Doing
  readonly failures: number
  /** What is left until it may be given something, in milliseconds. */
  waitMs(): number
  /** A call goes out. */
  begin(): void
  worked(): void
  /** @returns what is news: it is left alone for a while, nobody expects it back soon */
  failed(): 'opened' | 'exhausted' | undefined
  /** It is another one: what its predecessor did is no matter of its. */
  another(): void
}

/** @param monotonicMs now */
export function createPatience(policy: BreakerPolicy, monotonicMs: () => number): Patience {
  let breaker: Breaker = CLOSED
  /** Below the threshold of the breaker, too, nothing is given twice without a wait. */
  let notBeforeMs = 0

  function doing(): Doing {
    if (isExhausted(breaker, policy)) return 'lost'
    if (breaker.state !== 'closed') return 'paused'
    return breaker.failures > 0 ? 'failing' : 'serving'
  }

  return {
    get doing() {
      return doing()
    },
    get failures() {
      return breaker.failures
    },
    waitMs: () => Math.max(waitMsOf(breaker, monotonicMs()), notBeforeMs - monotonicMs(), 0),
    begin() {
      breaker = callBy(breaker, monotonicMs()) ?? breaker
    },
    worked() {
      breaker = CLOSED
      notBeforeMs = 0
    },
    failed() {
      const { breaker: next, told } = failedBy(breaker, policy, monotonicMs())
      breaker = next
      notBeforeMs = monotonicMs() + policy.initialBackoffMs
      return told
    },
    another() {
      breaker = CLOSED
      notBeforeMs = 0
    },
  }
}
