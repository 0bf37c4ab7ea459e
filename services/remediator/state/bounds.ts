/** How much is remembered at most, and what goes first. */
import { type ActLedger, MAX_ACTS, MAX_PROBLEMS, MAX_TARGETS, type ProblemLedger } from './types.ts'

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

/** Problems without those that are too many; the one that is named stays. */
export function bounded(
  problems: Readonly<Record<string, ProblemLedger>>,
  named: string,
): Readonly<Record<string, ProblemLedger>> {
  const kept = without(problems, MAX_PROBLEMS, ageOf)
  const own = problems[named]
  return own === undefined || named in kept ? kept : { ...kept, [named]: own }
}

/** Acts of one problem without the oldest of those that are too many. */
export function boundedActs(acts: Readonly<Record<string, ActLedger>>): Readonly<Record<string, ActLedger>> {
  return without(acts, MAX_ACTS, ({ lastAtMs }) => lastAtMs)
}

/** Targets without the oldest of those that are too many. */
export function boundedTargets(targets: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return without(targets, MAX_TARGETS, (atMs) => atMs)
}
