/** Attempts that may have left something on the node: what a mark there names has to be known for as long as it stands. Pure. */
import type { Act, ProblemSight } from '#model'
import { isRemedy, REMEDIES } from '#remedies'
import { type Left, MAX_LEFT, type SafetyState, type Teller } from './types.ts'

/** Strategies that leave something on the node until it is well. */
const LEAVING: ReadonlySet<string> = new Set(['cordon', 'drain', 'taint', 'node-reboot'])
/** What a taint that ends pods ends with, as kubectl writes one. */
const ENDS_PODS = /:NoExecute$/

/** A taint as the mark on the node names it, of the parameter "key=value:Effect". */
function taintIdOf({ strategy, parameters: { taint = '' } }: Pick<Act, 'strategy' | 'parameters'>): string {
  return strategy === 'taint' ? taint.replace(/=[^:]*/, '') : ''
}

/** Whether an act disturbs workloads, so that the fleet is asked for it: drain, reboot, and a taint that ends pods. */
export function wantsLease({ strategy, parameters }: Pick<Act, 'strategy' | 'parameters'>): boolean {
  if (!isRemedy(strategy)) return false
  return REMEDIES[strategy].isDisruptive || (strategy === 'taint' && ENDS_PODS.test(parameters['taint'] ?? ''))
}

/** Who tells of a problem. */
export function tellerOf({ monitor, check, type, entity }: ProblemSight): Teller {
  return { monitor, check, type, entity }
}

/**
 * Without the oldest of the problem and strategy (of the taint) that has most, where they are too many: what comes and goes pushes out nothing that stands
 * for another.
 */
function bounded(left: readonly Left[]): readonly Left[] {
  if (left.length <= MAX_LEFT) return left
  // A taint is judged by the last attempt that put it there, whatever it was for.
  const kindOf = ({ opening, strategy, taint }: Left) =>
    taint === '' ? JSON.stringify([strategy, opening.fingerprint]) : JSON.stringify([strategy, taint])
  const kinds = Map.groupBy(left, kindOf)
  const [most = []] = [...kinds.values()].toSorted((a, b) => b.length - a.length)
  return left.filter((each) => each !== most[0])
}

/** It was begun: what it may leave is known from here on. */
export function withLeft(
  state: SafetyState,
  { attempt, act, problem }: { readonly attempt: string; readonly act: Act; readonly problem: ProblemSight },
): SafetyState {
  const { strategy } = act
  if (!LEAVING.has(strategy)) return state
  const { opening } = problem
  const one: Left = {
    attempt,
    strategy,
    opening,
    teller: tellerOf(problem),
    isDisruptive: wantsLease(act),
    taint: taintIdOf(act),
  }
  return {
    ...state,
    left: bounded([...withoutLeft(state, attempt).left, one]),
  }
}

/** It has changed nothing. */
export function withoutLeft(state: SafetyState, attempt: string): SafetyState {
  return { ...state, left: state.left.filter((each) => each.attempt !== attempt) }
}
