/**
 * How often an act was done about a problem, and in vain, as it counts now: per problem and, what failed, per target too. Two problems of
 * one kubelet are one restart, and what did not help the one of them has not helped its target. Pure.
 */
import { named } from './named.ts'
import type { ActLedger, Failures, Ledger, ProblemLedger } from './types.ts'

/** What counts. Times are journal time. */
export interface Counted {
  /** About this problem, whatever they came to, and those about others that failed on the same target. */
  readonly attempts: number
  /** Of them those about other problems. */
  readonly ofOthers: number
  /** In a row on this target. */
  readonly failures: number
  /** When it was last tried without success being seen: a breaker stands from there on. */
  readonly triedAtMs: number
}

/** The moment, and after how long a problem that is proven healthy counts no more. */
export interface CountedAt {
  readonly nowMs: number
  readonly healthyResetMs: number
}

interface Done {
  readonly fingerprint: string
  readonly problem: ProblemLedger
  readonly act: ActLedger
}

type Index = ReadonlyMap<string, readonly Done[]>

/** By act and target; a ledger never changes, so it is made once of each. */
const indexes = new WeakMap<Ledger['problems'], Index>()

function indexOf({ problems }: Ledger): Index {
  const known = indexes.get(problems)
  if (known !== undefined) return known
  const index = new Map<string, Done[]>()
  for (const [fingerprint, problem] of Object.entries(problems)) {
    for (const [key, act] of Object.entries(problem.acts)) {
      const done = { fingerprint, problem, act }
      const same = index.get(key)
      if (same === undefined) index.set(key, [done])
      else same.push(done)
    }
  }
  indexes.set(problems, index)
  return index
}

function isForgotten({ healthySinceMs }: ProblemLedger, { nowMs, healthyResetMs }: CountedAt): boolean {
  return healthySinceMs !== undefined && nowMs - healthySinceMs >= healthyResetMs
}

/** What of an act for one problem counts, from the last time on that this was proven healthy for long enough; undefined: nothing. */
export function actNow(ledger: Ledger, fingerprint: string, key: string, at: CountedAt): ActLedger | undefined {
  const problem = named(ledger.problems, fingerprint)
  return problem === undefined || isForgotten(problem, at) ? undefined : problem.acts[key]
}

/** The same, with what was done to its target about others. */
export function countedOf(ledger: Ledger, fingerprint: string, key: string, at: CountedAt): Counted {
  const mine = actNow(ledger, fingerprint, key, at)
  let ofOthers = 0
  let triedAtMs = Number.NEGATIVE_INFINITY
  for (const { fingerprint: whose, problem, act } of indexOf(ledger).get(key) ?? []) {
    if (isForgotten(problem, at)) continue
    if (whose !== fingerprint) ofOthers += act.failures
    triedAtMs = Math.max(triedAtMs, act.failedAtMs, act.lastAtMs)
  }
  return {
    attempts: (mine?.attempts ?? 0) + ofOthers,
    ofOthers,
    failures: (mine?.failures ?? 0) + ofOthers,
    triedAtMs,
  }
}

/** Failures of the whole node, and when anything was last tried on it. */
export function nodeCounted({ failures, targets }: Pick<Ledger, 'failures' | 'targets'>): Failures {
  if (failures.count === 0) return failures
  const lastAtMs = Object.values(targets).reduce((last, atMs) => Math.max(last, atMs), failures.lastAtMs)
  return { count: failures.count, lastAtMs }
}
