/** How much is remembered at most, and what goes first. */
import { type Own, put, sizeOf } from './own.ts'
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
  own: Own,
  all: Readonly<Record<string, T>>,
  max: number,
  age: (each: T) => number,
): Readonly<Record<string, T>> {
  if (sizeOf(own, all) <= max) return all
  const entries = Object.entries(all)
  const kept = max - Math.floor(max / SHARE)
  const left = Object.fromEntries(entries.toSorted(([, a], [, b]) => age(a) - age(b)).slice(entries.length - kept))
  own.set(left, kept)
  return left
}

type Problems = Readonly<Record<string, ProblemLedger>>
type Acts = Readonly<Record<string, ActLedger>>
type Targets = Readonly<Record<string, number>>

/** Problems with this one, without those that are too many then; it stays itself. */
export function withProblem(own: Own, problems: Problems, fingerprint: string, problem: ProblemLedger): Problems {
  const kept = without(own, put(own, problems, fingerprint, problem), MAX_PROBLEMS, ageOf)
  return Object.hasOwn(kept, fingerprint) ? kept : put(own, kept, fingerprint, problem)
}

/** Acts of one problem with this one, without the oldest of those that are too many then. */
export function withAct(own: Own, acts: Acts, key: string, act: ActLedger): Acts {
  return without(own, put(own, acts, key, act), MAX_ACTS, ({ lastAtMs }) => lastAtMs)
}

/** Targets with this one, without the oldest of those that are too many then. */
export function withTarget(own: Own, targets: Targets, key: string, atMs: number): Targets {
  return without(own, put(own, targets, key, atMs), MAX_TARGETS, (each) => each)
}
