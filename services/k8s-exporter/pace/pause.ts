/**
 * Whether a lane (conditions, events) may ask the server now. A failure shuts it: for as long as the server says, else
 * for a random time below a ceiling that doubles (full jitter), so that a thousand nodes do not come back at once.
 */
import { createBackoff } from '#pace'
import { type Failure, type FailureContext, judgeFailure } from './failure.ts'

/** The ceiling of waits, by kind of failure. A server that was away for an hour is asked again within this. */
const CEILING_MS = { away: 30_000, denied: 60_000, missing: 30_000, refused: 30_000 } as const
const FIRST_MS = 500
/** A server that asks for more than this is asked again all the same. */
const RETRY_AFTER_MAX_MS = 300_000
/** Never exactly when the server said: so do all the others. */
const RETRY_AFTER_SPREAD = 0.2

export interface PauseOptions extends FailureContext {
  readonly monotonicMs: () => number
  readonly random?: () => number
  /** Told once when it begins for another reason than before, and once when requests work again. */
  readonly onChange: (failure: Failure | undefined, forMs: number) => void
}

export interface Pause {
  /** undefined: there is none, and the last request worked. */
  readonly failure: Failure | undefined
  isOver(): boolean
  /** What is left of it, in milliseconds; 0: it is over. */
  leftMs(): number
  /** How long nothing has worked, in milliseconds; 0: it works. */
  awayMs(): number
  worked(): void
  /** @returns what it means; undefined for an error that is none of a request's */
  failed(err: unknown): Failure | undefined
}

export function createPause(options: PauseOptions): Pause {
  const { monotonicMs, random = Math.random } = options
  let failure: Failure | undefined
  let sinceMs = 0
  let endsMs = 0
  let backoff = createBackoff({ minMs: FIRST_MS, maxMs: CEILING_MS.away, random })

  function waitFor({ kind, retryAfterMs }: Failure): number {
    if (failure?.kind !== kind) backoff = createBackoff({ minMs: FIRST_MS, maxMs: CEILING_MS[kind], random })
    const own = backoff.next()
    if (retryAfterMs === undefined) return own
    return Math.min(RETRY_AFTER_MAX_MS, retryAfterMs) * (1 + RETRY_AFTER_SPREAD * random())
  }

  const leftMs = () => (failure === undefined ? 0 : Math.max(0, endsMs - monotonicMs()))

  return {
    get failure() {
      return failure
    },
    isOver: () => leftMs() === 0,
    leftMs,
    awayMs: () => (failure === undefined ? 0 : monotonicMs() - sinceMs),
    worked() {
      if (failure === undefined) return
      const lasted = monotonicMs() - sinceMs
      failure = undefined
      backoff.reset()
      options.onChange(undefined, lasted)
    },
    failed(err) {
      const judged = judgeFailure(err, options)
      if (judged === undefined) return undefined
      const isNew = failure?.kind !== judged.kind
      const waitMs = waitFor(judged)
      if (failure === undefined) sinceMs = monotonicMs()
      failure = judged
      endsMs = monotonicMs() + waitMs
      if (isNew) options.onChange(judged, waitMs)
      return judged
    },
  }
}
