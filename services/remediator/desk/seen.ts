/** Openings of problems that were acted on: that they are over, or open again. Pure. */
import { isOpen, isSameOpening, type Problem, type Remediation } from '#model'
import { openingOf } from '../know/truth.ts'
import { PROOFS_OF_HEALTH } from '../state/fold.ts'
import type { ProblemLedger, SafetyState } from '../state/types.ts'

type Told = Extract<Remediation, { readonly kind: 'seen' }>

/** What is known when it is asked. */
export interface SeenAt {
  readonly nowMs: number
  readonly healthyResetMs: number
  /** Its check looks no more: nobody proves now that it is well. */
  readonly isLate: (problem: Problem) => boolean
}

/** Whether attempts of before count no more: it was proven healthy for long enough, and open at no time between. */
function isForgotten({ opening: known, healthySinceMs }: ProblemLedger, generation: number, at: SeenAt): boolean {
  if (healthySinceMs === undefined || generation !== known.generation + 1) return false
  return at.nowMs - healthySinceMs >= at.healthyResetMs
}

/** What of one problem is to be written, if anything. */
function seenOf(known: ProblemLedger, problem: Problem, at: SeenAt): Told | undefined {
  const opening = openingOf(problem)
  const isSame = isSameOpening(known.opening, opening)
  if (isOpen(problem)) {
    if (isSame) return undefined
    return { kind: 'seen', opening, resolved: false, forgets: isForgotten(known, opening.generation, at) }
  }
  const { proof } = problem
  const isLate = at.isLate(problem)
  const isHealthy = proof !== undefined && PROOFS_OF_HEALTH.has(proof) && !isLate
  if (isSame && isHealthy === (known.healthySinceMs !== undefined)) return undefined
  return { kind: 'seen', opening, resolved: true, forgets: false, ...(proof !== undefined && !isLate && { proof }) }
}

/** What is to be written before anything else is judged: limits are counted by openings. */
export function openingsSeen(
  state: SafetyState,
  find: (fingerprint: string) => Problem | undefined,
  at: SeenAt,
): readonly Told[] {
  const ledgers = [state.ledgers.act, state.ledgers['dry-run']]
  const told = new Map<string, Told>()
  for (const { problems } of ledgers) {
    for (const [fingerprint, known] of Object.entries(problems)) {
      const problem = find(fingerprint)
      const seen = problem && seenOf(known, problem, at)
      if (seen === undefined) continue
      // It is one record for what was done and what would have been: neither is forgotten before the other.
      const forgets = seen.forgets && (told.get(fingerprint)?.forgets ?? true)
      told.set(fingerprint, { ...seen, forgets })
    }
  }
  return [...told.values()]
}
