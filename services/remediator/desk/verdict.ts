/** What became of a problem after an act, by what is seen of it. Pure. */
import { isOpen, isSameOpening, type Problem, type Verdict } from '#model'
import { openingOf } from '../know/truth.ts'
import { PROOFS_OF_HEALTH } from '../state/fold.ts'
import type { OpenAttempt } from '../state/types.ts'

/** What an attempt came to, and in words. */
export interface SaidOfAct {
  readonly verdict: Verdict
  readonly message: string
}

/** What is known when it is asked. */
export interface Seen {
  /** As the bus has it; undefined: it has none of that fingerprint. */
  readonly problem: Problem | undefined
  /** When its check looked last, in journal time. */
  readonly lookedAtMs: number | undefined
  readonly nowMs: number
}

/** When it is settled at the latest, in journal time; undefined: the act runs still. */
export function settledByMs({ endedAtMs, verifyWithinMs }: OpenAttempt): number | undefined {
  return endedAtMs === undefined ? undefined : endedAtMs + verifyWithinMs
}

/** What it came to; undefined: that is open still. */
export function verdictOf(attempt: OpenAttempt, { problem, lookedAtMs, nowMs }: Seen): SaidOfAct | undefined {
  const { endedAtMs, opening } = attempt
  const byMs = settledByMs(attempt)
  if (endedAtMs === undefined || byMs === undefined) return undefined
  if (problem === undefined) return { verdict: 'not-observed', message: 'nobody watches it any more' }
  if (!isSameOpening(openingOf(problem), opening))
    return { verdict: 'not-observed', message: 'it was over, and is another opening now; nobody saw by what proof' }
  if (!isOpen(problem)) {
    const { proof, proofText } = problem
    return proof !== undefined && PROOFS_OF_HEALTH.has(proof)
      ? { verdict: 'proven', message: proofText === '' ? 'it was resolved by its own rule' : proofText }
      : { verdict: 'not-observed', message: proofText === '' ? 'it ended without a proof of health' : proofText }
  }
  if (nowMs < byMs) return undefined
  return lookedAtMs !== undefined && lookedAtMs > endedAtMs
    ? { verdict: 'not-proven', message: `looks after it still find it: ${problem.message}` }
    : { verdict: 'not-observed', message: 'its check has not looked since' }
}
