/** The one way in which safety state moves: record by record. Pure. */
import { cutText, isSameOpening, type Opening, type Proof, type Remediation, type RemediationRecord } from '#model'
import { ended, NEVER, started, stepped, verified } from './attempts.ts'
import { withProblem } from './bounds.ts'
import { named } from './named.ts'
import { type Own, put } from './own.ts'
import { movedTo } from './time.ts'
import {
  type Approval,
  BY_ANNOTATION,
  breakerKey,
  type Ledger,
  MAX_APPROVALS,
  MAX_BREAKERS,
  MAX_TEXT,
  OFF_ANNOTATION,
  type ProblemLedger,
  type SafetyState,
} from './types.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** What a record is folded with. */
interface Folding {
  readonly own: Own
  /** Since the record before it. */
  readonly passedMs: number
  /** Of the wall clock; it may end something sooner, and nothing lasts longer by it. */
  readonly time: Date
}

/** A problem is proven healthy by these, its own rule; the others, a person's word too, end it without anybody having seen that it is well. */
export const PROOFS_OF_HEALTH: ReadonlySet<Proof> = new Set(['healthy-checks', 'absent', 'reboot'])

function changed(own: Own, ledger: Ledger, fingerprint: string, change: (of: ProblemLedger) => ProblemLedger): Ledger {
  const problem = named(ledger.problems, fingerprint)
  if (problem === undefined) return ledger
  return { ...ledger, problems: put(own, ledger.problems, fingerprint, change(problem)) }
}

/** The same change of what was done and of what would have been. */
function inBoth(state: SafetyState, change: (ledger: Ledger) => Ledger): SafetyState {
  return { ...state, ledgers: { act: change(state.ledgers.act), 'dry-run': change(state.ledgers['dry-run']) } }
}

function seen(state: SafetyState, { opening, resolved, proof, forgets }: Kind<'seen'>, { own }: Folding): SafetyState {
  const isHealthy = resolved && proof !== undefined && PROOFS_OF_HEALTH.has(proof)
  return inBoth(state, (ledger) =>
    changed(own, ledger, opening.fingerprint, (problem) => ({
      ...(forgets ? forgotten(problem) : problem),
      opening,
      healthySinceMs: isHealthy ? healthySince(problem, opening, state.nowMs) : undefined,
      // Another opening was looked at after all that was done about the one before it.
      blindSinceMs: isSameOpening(problem.opening, opening) ? problem.blindSinceMs : undefined,
      refused: '',
    })),
  )
}

/** No attempt counts any more. That there were some, and when, says what may stand there of them. */
function forgotten(problem: ProblemLedger): ProblemLedger {
  const acts = Object.entries(problem.acts).map(([key, { lastAtMs }]) => [key, { ...NEVER, lastAtMs }] as const)
  return { ...problem, acts: Object.fromEntries(acts), isExhausted: false }
}

/** Of another opening than the one that is known it begins anew: that one was open meanwhile, whether it was seen or not. */
function healthySince({ opening: known, healthySinceMs }: ProblemLedger, opening: Opening, nowMs: number): number {
  return isSameOpening(known, opening) ? (healthySinceMs ?? nowMs) : nowMs
}

/** Time in which nobody would have seen a problem come back is no time in which it was proven healthy. */
function unwitnessed(state: SafetyState, ms: number): SafetyState {
  if (ms <= 0) return state
  const later = (problem: ProblemLedger): ProblemLedger => {
    const { healthySinceMs } = problem
    return healthySinceMs === undefined
      ? problem
      : { ...problem, healthySinceMs: Math.min(state.nowMs, healthySinceMs + ms) }
  }
  return inBoth(state, (ledger) => ({
    ...ledger,
    problems: Object.fromEntries(Object.entries(ledger.problems).map(([name, problem]) => [name, later(problem)])),
  }))
}

/** Which ids of the node's annotation are taken for what they are, whoever approves the same by another way. */
function annotatedAfter(state: SafetyState, { id, by }: Kind<'approved'>): readonly string[] {
  if (by !== BY_ANNOTATION && by !== OFF_ANNOTATION) return state.annotated
  const others = state.annotated.filter((each) => each !== id)
  return by === BY_ANNOTATION ? [...others, id].slice(-MAX_APPROVALS) : others
}

function approved(before: SafetyState, what: Kind<'approved'>, { time }: Folding): SafetyState {
  const { id, by, opening, forMs } = what
  const state = { ...before, annotated: annotatedAfter(before, what) }
  if (by === OFF_ANNOTATION) {
    // Only what he gave is his to take back.
    const isTakenBack = (each: Approval) => each.id === id && each.by === BY_ANNOTATION && !each.isUsed
    return { ...state, approvals: state.approvals.filter((each) => !isTakenBack(each)) }
  }
  const { nowMs, bootId } = state
  const others = state.approvals.filter((each) => each.id !== id)
  const until = { untilMs: nowMs + forMs, wallUntilMs: time.getTime() + forMs }
  return {
    ...state,
    approvals: [...others, { id, by, opening, ...until, bootId, isUsed: false }].slice(-MAX_APPROVALS),
  }
}

function refused(state: SafetyState, { problem, mode, gate, reason }: Kind<'refused'>, { own }: Folding): SafetyState {
  const ledger = state.ledgers[mode]
  const { fingerprint } = problem.opening
  const known = named(ledger.problems, fingerprint) ?? unacted(problem.opening)
  const told = { ...known, refused: cutText(`${gate}: ${reason}`, MAX_TEXT) }
  const problems = withProblem(own, ledger.problems, fingerprint, told)
  return { ...state, ledgers: { ...state.ledgers, [mode]: { ...ledger, problems } } }
}

/** A problem that nothing was done about yet. */
export function unacted(opening: Opening): ProblemLedger {
  return { opening, healthySinceMs: undefined, acts: {}, blindSinceMs: undefined, isExhausted: false, refused: '' }
}

/** What readers were told: so much is told again only where it is otherwise. */
function breaker(state: SafetyState, { of, state: word }: Kind<'breaker'>): SafetyState {
  const { [breakerKey(of)]: _, ...others } = state.breakers
  if (word === 'closed') return { ...state, breakers: others }
  const told = [...Object.entries(others), [breakerKey(of), word] as const].slice(-MAX_BREAKERS)
  return { ...state, breakers: Object.fromEntries(told) }
}

function exhausted(state: SafetyState, { problem, mode }: Kind<'exhausted'>, { own }: Folding): SafetyState {
  const ledger = changed(own, state.ledgers[mode], problem.opening.fingerprint, (known) => ({
    ...known,
    isExhausted: true,
  }))
  return { ...state, ledgers: { ...state.ledgers, [mode]: ledger } }
}

/** A person's word: attempts, cooldown and breaker of a problem are forgotten, the cooldown of what was done about it, and what of it may run still. */
function reset(state: SafetyState, { fingerprint }: Kind<'reset'>): SafetyState {
  if (fingerprint === '') return { ...state, isRenewed: true }
  const unended = state.unended.filter(({ opening }) => opening.fingerprint !== fingerprint)
  return inBoth({ ...state, unended }, (ledger) => {
    const gone = named(ledger.problems, fingerprint)
    if (gone === undefined) return ledger
    const { [fingerprint]: _, ...problems } = ledger.problems
    const targets = Object.entries(ledger.targets).filter(([key]) => gone.acts[key] === undefined)
    return {
      ...ledger,
      problems,
      targets: Object.fromEntries(targets),
      failures: { count: 0, lastAtMs: 0 },
    }
  })
}

function paused(state: SafetyState, { by, why, forMs }: Kind<'paused'>): SafetyState {
  return {
    ...state,
    paused: {
      by: cutText(by, MAX_TEXT),
      why: cutText(why, MAX_TEXT),
      untilMs: forMs === undefined ? undefined : state.nowMs + forMs,
    },
  }
}

/**
 * The Node object as it is heard of: of another one of its name what was under way with the old one is nobody's to go on with. Without one:
 * this process begins, and nobody was there since the record before.
 */
function began(
  state: SafetyState,
  { nodeUid = '', remediation = '', holds = [] }: Kind<'began'>,
  { passedMs }: Folding,
): SafetyState {
  return nodeUid === '' ? unwitnessed(state, passedMs) : { ...state, nodeUid, remediation, holds }
}

/** What each kind of record does. What tells readers only what follows from others does nothing. */
const STEPS: {
  readonly [K in Remediation['kind']]: (state: SafetyState, what: Kind<K>, folding: Folding) => SafetyState
} = {
  began,
  tick: (state, { unwitnessedMs = 0 }) => unwitnessed(state, unwitnessedMs),
  refused,
  started: (state, what, { own }) => started(state, what, own),
  step: stepped,
  ended: (state, what, { own }) => ended(state, what, own),
  verified: (state, what, { own }) => verified(state, what, own),
  seen,
  breaker,
  exhausted,
  paused,
  resumed: (state) => ({ ...state, paused: undefined }),
  approved,
  reset,
}

/** What a record makes of a state. */
function after(state: SafetyState, { time, bootId, monoMs, what }: RemediationRecord, own: Own): SafetyState {
  const step = STEPS[what.kind] as (state: SafetyState, what: Remediation, folding: Folding) => SafetyState
  const moved = movedTo(state, { bootId, monoMs })
  return step(moved, what, { own, passedMs: moved.nowMs - state.nowMs, time })
}

/** The state after one more record. */
export function fold(state: SafetyState, record: RemediationRecord): SafetyState {
  return after(state, record, new WeakMap())
}

/** The state after all of these: what `fold` makes of them one by one, without a copy for each. */
export function replay(state: SafetyState, records: Iterable<RemediationRecord>): SafetyState {
  const own: Own = new WeakMap()
  let now = state
  for (const record of records) now = after(now, record, own)
  return now
}
