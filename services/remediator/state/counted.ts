/**
 * How often an act was done about a problem, and in vain, as it counts now: per problem and, what failed, for a while per target too. Two
 * problems of one kubelet are one restart, and what did not help the one of them has not helped its target: that holds the other one off, and
 * never hands it to what is stronger. Pure.
 */
import { named } from './named.ts'
import type { ActLedger, Failures, Ledger } from './types.ts'

/** What counts. Times are journal time. */
export interface Counted {
  /** About this problem: they alone hand the turn to the next strategy. */
  readonly attempts: number
  /** That failed in a row on the same target about other problems, while the last failure there is young. */
  readonly ofOthers: number
  /** In a row on this target. */
  readonly failures: number
  /** When it was last tried without success being seen: a breaker stands from there on. */
  readonly triedAtMs: number
}

/** The moment, and for how long a breaker stands. */
export interface CountedAt {
  readonly nowMs: number
  readonly breakerTimeoutMs: number
}

/** What failed about others counts while a breaker that it opens stands, and for as long again, in which one attempt may show whether it works. */
const YOUNG_TIMEOUTS = 2

interface Done {
  readonly fingerprint: string
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
      const done = { fingerprint, act }
      const same = index.get(key)
      if (same === undefined) index.set(key, [done])
      else same.push(done)
    }
  }
  indexes.set(problems, index)
  return index
}

/** What was done about a problem, and what failed on its target about others. */
export function countedOf(ledger: Ledger, fingerprint: string, key: string, at: CountedAt): Counted {
  const mine = named(ledger.problems, fingerprint)?.acts[key]
  let failedOfOthers = 0
  let failedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  for (const { fingerprint: whose, act } of indexOf(ledger).get(key) ?? []) {
    if (whose !== fingerprint && act.failures > 0) {
      failedOfOthers += act.failures
      // Of them alone: what failed about this one makes nothing of theirs young again.
      failedAtMs = Math.max(failedAtMs, act.failedAtMs)
    }
    triedAtMs = Math.max(triedAtMs, act.failedAtMs, act.lastAtMs)
  }
  // How those ended nobody need have seen: a problem whose check was taken out is never proven healthy, and is none of this one's for ever.
  const isYoung = at.nowMs - failedAtMs < YOUNG_TIMEOUTS * at.breakerTimeoutMs
  const ofOthers = isYoung ? failedOfOthers : 0
  return { attempts: mine?.attempts ?? 0, ofOthers, failures: (mine?.failures ?? 0) + ofOthers, triedAtMs }
}

/** Failures of the whole node, and when anything was last tried on it. */
export function nodeCounted({ failures, targets }: Pick<Ledger, 'failures' | 'targets'>): Failures {
  if (failures.count === 0) return failures
  const lastAtMs = Object.values(targets).reduce((last, atMs) => Math.max(last, atMs), failures.lastAtMs)
  return { count: failures.count, lastAtMs }
}
