/** Whether anybody would see a problem come back: what is proven healthy while nobody would is not proven for longer by it. */
import { CLEARED, DEFAULT_RECOVERY, DETECTOR, type Problem, type Proof } from '#model'
import { HEARTBEAT_MS, vouched, WAITING_MS } from '../gates/outer.ts'
import { isOld } from '../know/looks.ts'
import { PROOFS_OF_HEALTH } from '../state/fold.ts'
import type { ProblemLedger, SafetyState } from '../state/types.ts'
import type { DeskOptions, Known } from './types.ts'

/** A gap that is shorter hides no opening of which nobody hears afterwards. */
const GAP_MS = 30_000

/** The detector is heard, and what it sees comes through. */
function isWitnessed(known: Pick<Known, 'isKnown' | 'detector'>): boolean {
  const { heartbeatAgeMs, waitingMs } = known.detector()
  return known.isKnown() && heartbeatAgeMs !== undefined && heartbeatAgeMs <= HEARTBEAT_MS && waitingMs <= WAITING_MS
}

function isAnyHealthy({ ledgers }: SafetyState): boolean {
  return Object.values(ledgers).some(({ problems }) =>
    Object.values(problems).some(({ healthySinceMs }) => healthySinceMs !== undefined),
  )
}

/** Looks each time it is asked to, and writes how long nobody would have seen anything. @returns whether somebody would now */
export function createWitness({ safety, known }: Pick<DeskOptions, 'safety' | 'known'>): () => Promise<boolean> {
  let lastMs = safety.nowMs()
  return async () => {
    const isNow = isWitnessed(known)
    const nowMs = safety.nowMs()
    const unwitnessedMs = nowMs - lastMs
    const isGap = unwitnessedMs > GAP_MS
    // Also while it lasts: a process that is killed in it has told so far.
    if (isGap && isAnyHealthy(safety.state)) await safety.write({ kind: 'tick', unwitnessedMs })
    if (isNow || isGap) lastMs = nowMs
    return isNow
  }
}

/** What it is known by. */
export interface Knowing {
  readonly safety: Pick<DeskOptions['safety'], 'nowMs'>
  readonly known: Pick<Known, 'around' | 'detector' | 'isWatching' | 'isAbsent'>
}

/** Whose a problem was. */
type Told = Pick<ProblemLedger, 'teller'>

/** Its check is there and looks. What was told by an event is told again when it comes, by whoever told it: how long ago that was says nothing. */
function isWatched({ safety, known }: Knowing, problem: Problem): boolean {
  // What the detector tells of itself and of monitors it tells by being heard.
  if (problem.source === DETECTOR) return true
  if (!known.isWatching({ monitor: problem.source, check: problem.check })) return false
  if (problem.fromEvent) return true
  const { look } = known.around(problem)
  return look !== undefined && !isOld(look, safety.nowMs())
}

/** However it ended, a person's word too: looks that came after that find it well. */
function isFoundWell({ known }: Knowing, problem: Problem): boolean {
  const { condition } = known.around(problem)
  if (problem.fromEvent || condition === undefined) return false
  return condition.health === 'healthy' && condition.held === '' && condition.reason !== CLEARED
}

/**
 * A person has said that it is over, and no look will ever say so: it was told by an event, or its own rule asks for none. That it is told no
 * more, while whoever told it would, is all that there will be.
 */
function isPersonsToSay({ proof, fromEvent, rules = DEFAULT_RECOVERY }: Problem): boolean {
  return proof === 'operator' && (fromEvent || !rules.some(({ kind }) => kind === 'healthy-checks'))
}

/** The bus has none of it, though the detector has told all that it sees, and whose it was has looked since: it is not there. */
function isMissing({ safety, known }: Knowing, { teller }: Told): boolean {
  if (teller === undefined) return false
  return vouched(known.detector(), safety.nowMs()).word === 'allows' && known.isAbsent(teller)
}

/** By what a problem that is not open is proven well now, by somebody who would see it come back; undefined: it is not. */
export function proofNow(knowing: Knowing, told: Told, problem: Problem | undefined): Proof | undefined {
  if (problem === undefined) return isMissing(knowing, told) ? 'absent' : undefined
  if (!isWatched(knowing, problem)) return undefined
  const { proof } = problem
  if (proof !== undefined && PROOFS_OF_HEALTH.has(proof)) return proof
  if (isPersonsToSay(problem)) return 'absent'
  return isFoundWell(knowing, problem) ? 'healthy-checks' : undefined
}
