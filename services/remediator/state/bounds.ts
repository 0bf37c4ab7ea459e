/** How much is remembered at most, and what goes first. */
import { own } from './own.ts'
import {
  type ActLedger,
  type Ledger,
  MAX_ACTS,
  MAX_PROBLEMS,
  MAX_TARGETS,
  type ProblemLedger,
  type SafetyState,
} from './types.ts'

/** Of what is full so much goes at once: sorting everything for each one that comes would cost more than all else. */
const SHARE = 8

/** What goes first has the lowest: what was only refused, then the healthy by how long they have been so, then the others by their last act. */
function ageOf({ healthySinceMs, acts }: ProblemLedger): number {
  const all = Object.values(acts)
  if (all.length === 0) return -1
  if (healthySinceMs !== undefined) return healthySinceMs
  return Number.MAX_SAFE_INTEGER / 2 + Math.max(...all.map(({ lastAtMs }) => lastAtMs))
}

/** Without the lowest of what is too many. */
function without<T>(
  all: Readonly<Record<string, T>>,
  max: number,
  age: (each: T) => number,
): Readonly<Record<string, T>> {
  const entries = Object.entries(all)
  if (entries.length <= max) return all
  const kept = max - Math.floor(max / SHARE)
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => age(a) - age(b)).slice(entries.length - kept))
}

/** Half of them, without the lowest. */
function half<T>(all: Readonly<Record<string, T>>, age: (each: T) => number): Readonly<Record<string, T>> {
  return without(all, Math.floor(Object.keys(all).length / 2), age)
}

/** A smaller state: without what would have been done, or with half of what was. What goes first anyway goes. */
export function lessened(state: SafetyState): SafetyState {
  const { act, 'dry-run': told } = state.ledgers
  const isTold = Object.keys(told.problems).length > 0
  const rest = { ...told, problems: {}, targets: {} }
  if (isTold) return { ...state, ledgers: { act, 'dry-run': rest } }
  const less: Ledger = {
    ...act,
    problems: half(act.problems, ageOf),
    targets: half(act.targets, (atMs) => atMs),
    open: act.open.map((each) => ({ ...each, steps: each.steps.slice(-Math.ceil(each.steps.length / 2)) })),
  }
  return { ...state, ledgers: { act: less, 'dry-run': rest } }
}

/** Problems without those that are too many; the one that is named stays. */
export function bounded(
  problems: Readonly<Record<string, ProblemLedger>>,
  named: string,
): Readonly<Record<string, ProblemLedger>> {
  const kept = without(problems, MAX_PROBLEMS, ageOf)
  const asked = own(problems, named)
  return asked === undefined || Object.hasOwn(kept, named) ? kept : { ...kept, [named]: asked }
}

/** Acts of one problem without the oldest of those that are too many. */
export function boundedActs(acts: Readonly<Record<string, ActLedger>>): Readonly<Record<string, ActLedger>> {
  return without(acts, MAX_ACTS, ({ lastAtMs }) => lastAtMs)
}

/** Targets without the oldest of those that are too many. */
export function boundedTargets(targets: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return without(targets, MAX_TARGETS, (atMs) => atMs)
}
