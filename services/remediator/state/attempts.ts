/** What an attempt does to the state: its beginning, its steps, its end, and what came of it. Pure. */
import { type AttemptMode, cutText, type Remediation } from '#model'
import { withAct, withProblem, withTarget } from './bounds.ts'
import { tellerOf, withLeft, withoutLeft } from './left.ts'
import { named } from './named.ts'
import { type Own, put } from './own.ts'
import {
  type ActLedger,
  actKey,
  type Ledger,
  MAX_STARTS,
  MAX_TEXT,
  MAX_UNENDED,
  type OpenAttempt,
  type ProblemLedger,
  type SafetyState,
} from './types.ts'
import { LET_GO } from './unended.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** Strategies that end this boot. */
export const REBOOTS: ReadonlySet<string> = new Set(['node-reboot'])

/** Steps of one attempt that are remembered at most: more than any act has. */
const MAX_STEPS = 64

/** An act that was never done. */
export const NEVER: ActLedger = { attempts: 0, lastAtMs: 0, failures: 0, failedAtMs: 0 }

function inMode(state: SafetyState, mode: AttemptMode, change: (ledger: Ledger) => Ledger): SafetyState {
  return { ...state, ledgers: { ...state.ledgers, [mode]: change(state.ledgers[mode]) } }
}

function changed(own: Own, ledger: Ledger, of: OpenAttempt, change: (of: ProblemLedger) => ProblemLedger): Ledger {
  const { fingerprint } = of.opening
  const problem = named(ledger.problems, fingerprint)
  if (problem === undefined) return ledger
  return { ...ledger, problems: put(own, ledger.problems, fingerprint, change(problem)) }
}

/** An act of a problem that is remembered. */
function acted(own: Own, ledger: Ledger, of: OpenAttempt, change: (act: ActLedger) => ActLedger): Ledger {
  const key = actKey(of)
  return changed(own, ledger, of, (problem) => ({
    ...problem,
    acts: withAct(own, problem.acts, key, change(problem.acts[key] ?? NEVER)),
  }))
}

/** An act that failed: for itself, and for the node. */
function failed(own: Own, ledger: Ledger, of: OpenAttempt, nowMs: number): Ledger {
  const counted = acted(own, ledger, of, (act) => ({ ...act, failures: act.failures + 1, failedAtMs: nowMs }))
  return { ...counted, failures: { count: ledger.failures.count + 1, lastAtMs: nowMs } }
}

/** An act that helped: no failure of it on this target is in a row with one that comes. */
function helped(own: Own, ledger: Ledger, of: OpenAttempt): Ledger {
  const key = actKey(of)
  let { problems } = ledger
  for (const [fingerprint, problem] of Object.entries(problems)) {
    const act = named(problem.acts, key)
    if (act === undefined || act.failures === 0) continue
    const acts = withAct(own, problem.acts, key, { ...act, failures: 0, failedAtMs: 0 })
    problems = put(own, problems, fingerprint, { ...problem, acts })
  }
  return { ...ledger, problems, failures: { count: 0, lastAtMs: 0 } }
}

/** Of what was not done, or what nobody saw come of it, no attempt counts: its cooldown and the budgets have it. */
function uncounted(own: Own, ledger: Ledger, of: OpenAttempt): Ledger {
  return acted(own, ledger, of, (act) => ({ ...act, attempts: Math.max(0, act.attempts - 1) }))
}

/** What ran when another began was never told to have ended. */
function lostBefore(own: Own, ledger: Ledger, nowMs: number): Ledger {
  const running = ledger.open.filter(({ endedAtMs }) => endedAtMs === undefined)
  const settled = running.reduce((left, each) => failed(own, left, each, nowMs), ledger)
  return { ...settled, open: ledger.open.filter(({ endedAtMs }) => endedAtMs !== undefined) }
}

/** An attempt begins: it counts in every limit from here on; in that of attempts not, where it is declined or nobody sees what came of it. */
export function started(state: SafetyState, what: Kind<'started'>, own: Own): SafetyState {
  const { nowMs, bootId } = state
  const { attempt, act, problem, mode, verifyWithinMs, approval } = what
  const { strategy, target } = act
  const { opening } = problem
  const open: OpenAttempt = {
    attempt,
    opening,
    strategy,
    target,
    startedAtMs: nowMs,
    bootId,
    endedAtMs: undefined,
    verifyWithinMs,
    steps: [],
  }
  const counted = inMode(state, mode, (ledger) => {
    const before = lostBefore(own, ledger, nowMs)
    const known = named(before.problems, opening.fingerprint)
    const key = actKey(act)
    const times = known?.acts[key] ?? NEVER
    const entry: ProblemLedger = {
      isExhausted: known?.isExhausted ?? false,
      opening,
      healthySinceMs: undefined,
      teller: tellerOf(problem),
      acts: withAct(own, known?.acts ?? {}, key, { ...times, attempts: times.attempts + 1, lastAtMs: nowMs }),
      blindSinceMs: undefined,
      refused: '',
    }
    return {
      ...before,
      problems: withProblem(own, before.problems, opening.fingerprint, entry),
      targets: withTarget(own, before.targets, key, nowMs),
      starts: [...before.starts, nowMs].slice(-MAX_STARTS),
      reboots: REBOOTS.has(strategy) ? [...before.reboots, nowMs].slice(-MAX_STARTS) : before.reboots,
      open: [...before.open.filter((each) => each.attempt !== attempt), open],
    }
  })
  if (mode !== 'act') return counted
  const approvals = counted.approvals.map((each) => (each.id === approval ? { ...each, isUsed: true } : each))
  return withLeft({ ...counted, approvals }, { attempt, act, problem })
}

/** In which ledger an attempt is open. */
function modeOf(
  state: SafetyState,
  attempt: string,
): { readonly mode: AttemptMode; readonly of: OpenAttempt } | undefined {
  for (const mode of ['act', 'dry-run'] as const) {
    const of = state.ledgers[mode].open.find((each) => each.attempt === attempt)
    if (of !== undefined) return { mode, of }
  }
  return undefined
}

/** A step of an attempt; of one that is not open it says nothing but that it is known to have ended. */
export function stepped(state: SafetyState, { attempt, step, detail }: Kind<'step'>): SafetyState {
  const found = modeOf(state, attempt)
  if (found === undefined)
    return step === LET_GO ? { ...state, unended: state.unended.filter((each) => each.attempt !== attempt) } : state
  const told = { step: cutText(step, MAX_TEXT), detail: cutText(detail, MAX_TEXT), atMs: state.nowMs }
  const steps = [...found.of.steps, told].slice(-MAX_STEPS)
  return inMode(state, found.mode, (ledger) => ({
    ...ledger,
    open: ledger.open.map((each) => (each.attempt === attempt ? { ...each, steps } : each)),
  }))
}

function without(ledger: Ledger, attempt: string): Ledger {
  return { ...ledger, open: ledger.open.filter((each) => each.attempt !== attempt) }
}

/** Where an act is done again soon after, it is not sooner than its cooldown after its end. */
function cooledFrom(own: Own, ledger: Ledger, of: OpenAttempt, nowMs: number): Ledger {
  const cooled = acted(own, ledger, of, (act) => ({ ...act, lastAtMs: nowMs }))
  return { ...cooled, targets: put(own, cooled.targets, actKey(of), nowMs) }
}

/** It was given up, and may run still. */
function withUnended(state: SafetyState, { attempt, opening, strategy, target }: OpenAttempt): SafetyState {
  const one = { attempt, opening, strategy, target, sinceMs: state.nowMs }
  return { ...state, unended: [...state.unended, one].slice(-MAX_UNENDED) }
}

/** The act is over. One that failed is settled; one that succeeded waits for what is seen of its problem. */
export function ended(state: SafetyState, { attempt, outcome, mayRun }: Kind<'ended'>, own: Own): SafetyState {
  const found = modeOf(state, attempt)
  if (found === undefined || found.of.endedAtMs !== undefined) return state
  const { mode, of } = found
  const { nowMs } = state
  const unended = mayRun === true && mode === 'act' ? withUnended(state, of) : state
  const known = outcome === 'declined' && mode === 'act' ? withoutLeft(unended, attempt) : unended
  return inMode(known, mode, (ledger) => {
    const cooled = cooledFrom(own, ledger, of, nowMs)
    if (outcome === 'failed' || outcome === 'lost') return without(failed(own, cooled, of, nowMs), attempt)
    // Of what was not done nothing is to be seen.
    if (outcome === 'declined') return without(uncounted(own, cooled, of), attempt)
    if (mode === 'dry-run') return without(cooled, attempt)
    return {
      ...cooled,
      open: cooled.open.map((each) => (each.attempt === attempt ? { ...each, endedAtMs: nowMs } : each)),
    }
  })
}

/** What was seen of the problem after the act. */
export function verified(state: SafetyState, { attempt, verdict }: Kind<'verified'>, own: Own): SafetyState {
  const found = modeOf(state, attempt)
  if (found === undefined) return state
  const { mode, of } = found
  const { nowMs } = state
  return inMode(state, mode, (ledger) => {
    const settled = without(ledger, attempt)
    if (verdict === 'proven') return helped(own, settled, of)
    if (verdict === 'not-proven') return failed(own, settled, of, nowMs)
    const blind = changed(own, settled, of, (problem) => ({ ...problem, blindSinceMs: of.endedAtMs ?? nowMs }))
    return uncounted(own, blind, of)
  })
}
