/** When a partner is called that fails: as ever, not at all for a while, or once to see whether it is back. */
export type Breaker =
  /** Calls go out. `failures` in a row so far, fewer than the threshold. */
  | { readonly state: 'closed'; readonly failures: number }
  /** None goes out before `untilMs`. `tries` of them failed since it opened. */
  | { readonly state: 'open'; readonly failures: number; readonly tries: number; readonly untilMs: number }
  /** One is out, and the next waits for what becomes of it. */
  | { readonly state: 'half-open'; readonly failures: number; readonly tries: number }

/** How a breaker acts. */
export interface BreakerPolicy {
  /** Failures in a row that open it. From 1. */
  readonly errorThreshold: number
  /** Before the first try. More than 0. */
  readonly initialBackoffMs: number
  /** Of each wait to the one before it. From 1. */
  readonly backoffMultiplier: number
  readonly maxBackoffMs: number
  /** Tries after which nobody expects it back soon: from then on every wait is the largest one. From 1. */
  readonly maxAttempts: number
}

/** What a failure made of it. */
export interface Failed {
  readonly breaker: Breaker
  /** It opened, or the last of `maxAttempts` tries failed: each once, until something works again. */
  readonly told: 'opened' | 'exhausted' | undefined
}

/** One that nothing has failed at yet. It is that again after a success, and where another partner took the old one's place. */
export const CLOSED: Breaker = { state: 'closed', failures: 0 }

/** How long to wait before a call, in milliseconds: 0 where it may go out, infinite while the one that tries is out. */
export function waitMsOf(breaker: Breaker, nowMs: number): number {
  if (breaker.state === 'closed') return 0
  return breaker.state === 'open' ? Math.max(0, breaker.untilMs - nowMs) : Number.POSITIVE_INFINITY
}

/** A call goes out now; undefined where it may not. */
export function callBy(breaker: Breaker, nowMs: number): Breaker | undefined {
  if (waitMsOf(breaker, nowMs) > 0) return undefined
  if (breaker.state !== 'open') return breaker
  const { failures, tries } = breaker
  return { state: 'half-open', failures, tries }
}

/** Whether all tries failed of which anything was expected. */
export function isExhausted(breaker: Breaker, { maxAttempts }: BreakerPolicy): boolean {
  return breaker.state !== 'closed' && breaker.tries >= maxAttempts
}

function opened(failures: number, tries: number, policy: BreakerPolicy, nowMs: number): Breaker {
  const { initialBackoffMs, backoffMultiplier, maxBackoffMs, maxAttempts } = policy
  const grownMs = tries >= maxAttempts ? maxBackoffMs : initialBackoffMs * backoffMultiplier ** tries
  return { state: 'open', failures, tries, untilMs: nowMs + Math.min(grownMs, maxBackoffMs) }
}

/** A call failed. One that was out already when it opened says nothing new. */
export function failedBy(breaker: Breaker, policy: BreakerPolicy, nowMs: number): Failed {
  if (breaker.state === 'open') return { breaker, told: undefined }
  const failures = breaker.failures + 1
  if (breaker.state === 'half-open') {
    const tries = breaker.tries + 1
    const told = tries === policy.maxAttempts ? 'exhausted' : undefined
    return { breaker: opened(failures, tries, policy, nowMs), told }
  }
  if (failures < policy.errorThreshold) return { breaker: { state: 'closed', failures }, told: undefined }
  return { breaker: opened(failures, 0, policy, nowMs), told: 'opened' }
}
