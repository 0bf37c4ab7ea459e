/** What became of a problem after an act, by what is seen of it. Pure. */
import {
  DEFAULT_RECOVERY,
  type Held,
  isOpen,
  isSameOpening,
  type Problem,
  type RecoveryRule,
  type Verdict,
} from '#model'
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
  /** How often it looks; undefined: not by the clock. */
  readonly intervalMs?: number | undefined
  /** A look of it may be heard of so late. Absent: it is heard of at once. */
  readonly lateMs?: number | undefined
  /** Why its condition is not simply what the last look found. */
  readonly held?: Held
  /** Why nobody sees now how it is. Absent: it is seen. */
  readonly unseen?: string | undefined
  readonly nowMs: number
}

/** How long a look that finds it well may be before its rule is met, in milliseconds; 0: no looks meet it. */
function provenInMs(rules: readonly RecoveryRule[], intervalMs: number): number {
  const times = rules.flatMap((rule) => {
    if (rule.kind === 'healthy-checks') return [rule.count * intervalMs]
    return rule.kind === 'absent' ? [rule.forMs] : []
  })
  // A turn may be late by another interval.
  return times.length === 0 ? 0 : Math.min(...times) + intervalMs
}

/** The last look after the act finds it well, and its rule asks for more of them, or for time. */
function isSeenWell({ endedAtMs }: OpenAttempt, { problem, lookedAtMs, held }: Seen): boolean {
  if (endedAtMs === undefined || lookedAtMs === undefined || lookedAtMs <= endedAtMs) return false
  return isOpen(problem) && (held === 'unproven' || held === 'flapping')
}

/**
 * When it is settled at the latest, in journal time; undefined: the act runs still. While looks find it well it is given the time that
 * its rule takes, and while none was heard of, the time that one may be late.
 */
export function settledByMs(attempt: OpenAttempt, seen: Seen): number | undefined {
  const { endedAtMs, verifyWithinMs } = attempt
  if (endedAtMs === undefined) return undefined
  const { problem, intervalMs = 0, lookedAtMs, lateMs = 0 } = seen
  if (isSeenWell(attempt, seen))
    return endedAtMs + verifyWithinMs + provenInMs(problem?.rules ?? DEFAULT_RECOVERY, intervalMs)
  const isHeard = lookedAtMs !== undefined && lookedAtMs > endedAtMs
  return endedAtMs + verifyWithinMs + (isHeard ? 0 : lateMs)
}

/** What it came to; undefined: that is open still. */
export function verdictOf(attempt: OpenAttempt, seen: Seen): SaidOfAct | undefined {
  const { problem, lookedAtMs, nowMs } = seen
  const { endedAtMs, opening } = attempt
  const byMs = settledByMs(attempt, seen)
  if (endedAtMs === undefined || byMs === undefined) return undefined
  // After a reboot, and in a store that was made anew, it is not there yet.
  if (problem === undefined)
    return nowMs < byMs ? undefined : { verdict: 'not-observed', message: 'nobody watches it any more' }
  if (!isSameOpening(openingOf(problem), opening))
    return { verdict: 'not-observed', message: 'it was over, and is another opening now; nobody saw by what proof' }
  if (!isOpen(problem)) {
    const { proof, proofText } = problem
    return proof !== undefined && PROOFS_OF_HEALTH.has(proof)
      ? { verdict: 'proven', message: proofText === '' ? 'it was resolved by its own rule' : proofText }
      : { verdict: 'not-observed', message: proofText === '' ? 'it ended without a proof of health' : proofText }
  }
  if (nowMs < byMs) return undefined
  if (isSeenWell(attempt, seen))
    return {
      verdict: 'not-observed',
      message: `looks after it find it well, and it is not proven: ${problem.recovery}`,
    }
  // Looks that could not see have found nothing, whatever ran.
  if (seen.unseen !== undefined)
    return { verdict: 'not-observed', message: `its check cannot see it since: ${seen.unseen}` }
  return lookedAtMs !== undefined && lookedAtMs > endedAtMs
    ? { verdict: 'not-proven', message: `looks after it still find it: ${problem.message}` }
    : { verdict: 'not-observed', message: 'its check has not looked since' }
}
