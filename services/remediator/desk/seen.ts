/** Openings of problems that were acted on: that they are over, or open again. Pure. */
import { isOpen, isSameOpening, type Problem, type Remediation } from '#model'
import { openingOf } from '../know/truth.ts'
import type { ProblemLedger, SafetyState } from '../state/types.ts'
import { PROOFS_OF_HEALTH } from './verdict.ts'

type Told = Extract<Remediation, { readonly kind: 'seen' }>

/** What of one problem is to be written, if anything. */
function seenOf(known: ProblemLedger, problem: Problem, nowMs: number, healthyResetMs: number): Told | undefined {
  const opening = openingOf(problem)
  const isSame = isSameOpening(known.opening, opening)
  if (isOpen(problem)) {
    if (isSame) return undefined
    const { healthySinceMs } = known
    const forgets = healthySinceMs !== undefined && nowMs - healthySinceMs >= healthyResetMs
    return { kind: 'seen', opening, resolved: false, forgets }
  }
  const { proof } = problem
  const isHealthy = proof !== undefined && PROOFS_OF_HEALTH.has(proof)
  if (isSame && (!isHealthy || known.healthySinceMs !== undefined)) return undefined
  return { kind: 'seen', opening, resolved: true, forgets: false, ...(proof !== undefined && { proof }) }
}

/** What is to be written before anything else is judged: limits are counted by openings. */
export function openingsSeen(
  state: SafetyState,
  find: (fingerprint: string) => Problem | undefined,
  { nowMs, healthyResetMs }: { readonly nowMs: number; readonly healthyResetMs: number },
): readonly Told[] {
  const ledgers = [state.ledgers.act, state.ledgers['dry-run']]
  const told = new Map<string, Told>()
  for (const { problems } of ledgers) {
    for (const [fingerprint, known] of Object.entries(problems)) {
      const problem = find(fingerprint)
      const seen = problem && seenOf(known, problem, nowMs, healthyResetMs)
      if (seen !== undefined) told.set(fingerprint, seen)
    }
  }
  return [...told.values()]
}
