/** The one way in which safety state moves: record by record. Pure. */
import { isSameOpening, type Opening, type Proof, type Remediation, type RemediationRecord } from '#model'
import { ended, started, stepped, verified } from './attempts.ts'
import { bounded, boundedTargets } from './bounds.ts'
import { movedTo } from './time.ts'
import {
  type Approval,
  BY_ANNOTATION,
  type Ledger,
  MAX_APPROVALS,
  OFF_ANNOTATION,
  type ProblemLedger,
  type SafetyState,
} from './types.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** A problem is proven healthy by these; the others end it without anybody having seen that it is well. */
const PROOFS_OF_HEALTH: ReadonlySet<Proof> = new Set(['healthy-checks', 'absent', 'reboot', 'operator'])

function withProblem(ledger: Ledger, fingerprint: string, change: (of: ProblemLedger) => ProblemLedger): Ledger {
  const problem = ledger.problems[fingerprint]
  if (problem === undefined) return ledger
  return { ...ledger, problems: { ...ledger.problems, [fingerprint]: change(problem) } }
}

/** The same change of what was done and of what would have been. */
function inBoth(state: SafetyState, change: (ledger: Ledger) => Ledger): SafetyState {
  return { ...state, ledgers: { act: change(state.ledgers.act), 'dry-run': change(state.ledgers['dry-run']) } }
}

function seen(state: SafetyState, { opening, resolved, proof, forgets }: Kind<'seen'>): SafetyState {
  const isHealthy = resolved && proof !== undefined && PROOFS_OF_HEALTH.has(proof)
  return inBoth(state, (ledger) =>
    withProblem(ledger, opening.fingerprint, (problem) => ({
      ...(forgets ? { ...problem, acts: {}, isExhausted: false } : problem),
      opening,
      healthySinceMs: isHealthy ? (problem.healthySinceMs ?? state.nowMs) : undefined,
      // Another opening was looked at after all that was done about the one before it.
      blindSinceMs: isSameOpening(problem.opening, opening) ? problem.blindSinceMs : undefined,
      refused: '',
    })),
  )
}

/** Which ids of the node's annotation are taken for what they are, whoever approves the same by another way. */
function annotatedAfter(state: SafetyState, { id, by }: Kind<'approved'>): readonly string[] {
  if (by !== BY_ANNOTATION && by !== OFF_ANNOTATION) return state.annotated
  const others = state.annotated.filter((each) => each !== id)
  return by === BY_ANNOTATION ? [...others, id].slice(-MAX_APPROVALS) : others
}

function approved(before: SafetyState, what: Kind<'approved'>): SafetyState {
  const { id, by, opening, forMs } = what
  const state = { ...before, annotated: annotatedAfter(before, what) }
  if (by === OFF_ANNOTATION) {
    // Only what he gave is his to take back.
    const isTakenBack = (each: Approval) => each.id === id && each.by === BY_ANNOTATION && !each.isUsed
    return { ...state, approvals: state.approvals.filter((each) => !isTakenBack(each)) }
  }
  const others = state.approvals.filter((each) => each.id !== id)
  const approvals = [...others, { id, by, opening, untilMs: state.nowMs + forMs, isUsed: false }].slice(-MAX_APPROVALS)
  return { ...state, approvals }
}

function refused(state: SafetyState, { problem, mode, gate, reason }: Kind<'refused'>): SafetyState {
  const ledger = state.ledgers[mode]
  const { fingerprint } = problem.opening
  const known = ledger.problems[fingerprint] ?? unacted(problem.opening)
  const told = { ...known, refused: `${gate}: ${reason}` }
  const problems = bounded({ ...ledger.problems, [fingerprint]: told }, fingerprint)
  return { ...state, ledgers: { ...state.ledgers, [mode]: { ...ledger, problems } } }
}

/** A problem that nothing was done about yet. */
export function unacted(opening: Opening): ProblemLedger {
  return { opening, healthySinceMs: undefined, acts: {}, blindSinceMs: undefined, isExhausted: false, refused: '' }
}

function exhausted(state: SafetyState, { problem, mode }: Kind<'exhausted'>): SafetyState {
  const ledger = withProblem(state.ledgers[mode], problem.opening.fingerprint, (known) => ({
    ...known,
    isExhausted: true,
  }))
  return { ...state, ledgers: { ...state.ledgers, [mode]: ledger } }
}

/** A person's word: attempts, cooldown and breaker of a problem are forgotten, and the cooldown of what was done about it. */
function reset(state: SafetyState, { fingerprint }: Kind<'reset'>): SafetyState {
  if (fingerprint === '') return { ...state, isRenewed: true }
  return inBoth(state, (ledger) => {
    const { [fingerprint]: gone, ...problems } = ledger.problems
    if (gone === undefined) return ledger
    const targets = Object.entries(ledger.targets).filter(([key]) => gone.acts[key] === undefined)
    return {
      ...ledger,
      problems,
      targets: boundedTargets(Object.fromEntries(targets)),
      failures: { count: 0, lastAtMs: 0 },
    }
  })
}

function paused(state: SafetyState, { by, why, forMs }: Kind<'paused'>): SafetyState {
  return { ...state, paused: { by, why, untilMs: forMs === undefined ? undefined : state.nowMs + forMs } }
}

/** The Node object as it is heard of: of another one of its name what was under way with the old one is nobody's to go on with. */
function began(state: SafetyState, { nodeUid = '', remediation = '' }: Kind<'began'>): SafetyState {
  return nodeUid === '' ? state : { ...state, nodeUid, remediation }
}

/** What each kind of record does. What tells readers only what follows from others does nothing. */
const STEPS: { readonly [K in Remediation['kind']]: (state: SafetyState, what: Kind<K>) => SafetyState } = {
  began,
  tick: (state) => state,
  refused,
  started,
  step: stepped,
  ended,
  verified,
  seen,
  breaker: (state) => state,
  exhausted,
  paused,
  resumed: (state) => ({ ...state, paused: undefined }),
  approved,
  reset,
}

/** The state after one more record. */
export function fold(state: SafetyState, { bootId, monoMs, what }: RemediationRecord): SafetyState {
  const step = STEPS[what.kind] as (state: SafetyState, what: Remediation) => SafetyState
  return step(movedTo(state, { bootId, monoMs }), what)
}
