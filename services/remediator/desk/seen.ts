/** Openings of problems that were acted on: that they are over, open again, or were well for so long that no attempt counts any more. Pure. */
import { isOpen, isSameOpening, type Problem, type Proof, type Remediation } from '#model'
import { openingOf } from '../know/truth.ts'
import { PROOFS_OF_HEALTH } from '../state/fold.ts'
import { named } from '../state/named.ts'
import type { ProblemLedger, SafetyState } from '../state/types.ts'

type Told = Extract<Remediation, { readonly kind: 'seen' }>

/** What is known when it is asked. */
export interface SeenAt {
  readonly nowMs: number
  readonly healthyResetMs: number
  /** Somebody would see a problem come back: how long nobody would is told, and known then alone. */
  readonly isWitnessed: boolean
  /**
   * By what it is proven well now: it is over by a proof of health, and somebody would see it come back; undefined: it is not.
   * @param problem that is not open; undefined: the bus has none
   */
  readonly proofOf: (known: ProblemLedger, problem: Problem | undefined) => Proof | undefined
}

/** There is something that counts. */
function hasCounts({ acts, isExhausted }: ProblemLedger): boolean {
  return isExhausted || Object.values(acts).some(({ attempts, failures }) => attempts > 0 || failures > 0)
}

/** Nothing counts of it, or it was proven well for long enough. */
function isDone(known: ProblemLedger, { nowMs, healthyResetMs }: SeenAt): boolean {
  const { healthySinceMs } = known
  return !hasCounts(known) || (healthySinceMs !== undefined && nowMs - healthySinceMs >= healthyResetMs)
}

/** What of one problem is to be written, if anything, but whether it is forgotten. */
function seenOf(known: ProblemLedger, problem: Problem | undefined, at: SeenAt): Told | undefined {
  const opening = problem === undefined ? known.opening : openingOf(problem)
  const isSame = isSameOpening(known.opening, opening)
  // Whatever its generation: one that comes after a reboot, or another store, begins to count anew.
  if (isOpen(problem)) {
    const isTold = isSame && known.healthySinceMs === undefined
    return isTold ? undefined : { kind: 'seen', opening, resolved: false, forgets: false }
  }
  // What the bus has not says nothing while it is not all that is seen.
  if (problem === undefined && (!at.isWitnessed || Object.keys(known.acts).length === 0)) return undefined
  const proof = at.proofOf(known, problem)
  const isWell = known.healthySinceMs !== undefined
  const forgets = at.isWitnessed && isSame && proof !== undefined && hasCounts(known) && isDone(known, at)
  if (isSame && (proof !== undefined) === isWell && !forgets) return undefined
  const told = proof ?? endOf(problem)
  return { kind: 'seen', opening, resolved: true, forgets, ...(told !== undefined && { proof: told }) }
}

/** How it ended, where that is no proof of health. */
function endOf(problem: Problem | undefined): Proof | undefined {
  const proof = problem?.proof
  return proof === undefined || PROOFS_OF_HEALTH.has(proof) ? undefined : proof
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
      const seen = seenOf(known, find(fingerprint), at)
      if (seen === undefined) continue
      // It is one record for what was done and what would have been: neither is forgotten before the other.
      const forgets = seen.forgets && ledgers.every((each) => isForgettable(each.problems, fingerprint, at))
      if (!forgets && seen.forgets) continue
      told.set(fingerprint, { ...seen, forgets })
    }
  }
  return [...told.values()]
}

function isForgettable(problems: Readonly<Record<string, ProblemLedger>>, fingerprint: string, at: SeenAt): boolean {
  const known = named(problems, fingerprint)
  return known === undefined || isDone(known, at)
}
