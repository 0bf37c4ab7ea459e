/** Repairs as metrics: what was tried and what came of it, each record once, and how the safety stands now. */
import type { ToldRemediation } from '#model'
import type { Metrics } from '#service'
import type { RepairFacts } from '#view'

/** Counts records of repairs. */
export interface RepairCounts {
  /** Counts what a record says. `facts`: with it. */
  count(record: ToldRemediation, facts: RepairFacts): void
}

/** What is known of them now; undefined: repairs are off, and nobody was heard of. */
export type RepairNow = () => { readonly facts: RepairFacts; readonly isHeard: boolean; readonly now: Date } | undefined

/** Of a breaker, in the order of danger. */
const BREAKER_VALUES = { closed: 0, 'half-open': 1, open: 2 } as const

const STRATEGY = ['strategy'] as const

/** Breakers that are told apart. */
const MAX_BREAKERS = 200

function addGauges({ gauge }: Metrics, of: RepairNow): void {
  function one(name: string, help: string, value: (now: NonNullable<ReturnType<RepairNow>>) => number): void {
    gauge(name, help, [], ({ set }) => {
      const now = of()
      if (now !== undefined) set({}, value(now))
    })
  }
  one('remediator_up', 'Whether the remediator gave a sign of life in the last 60 s.', ({ isHeard }) =>
    isHeard ? 1 : 0,
  )
  one(
    'remediation_running',
    'Repairs that are under way.',
    ({ facts }) =>
      [...facts.attempts.values()].filter(({ ended, mode }) => ended === undefined && mode === 'act').length,
  )
  one('remediation_paused', 'Whether a person has paused all repairs.', ({ facts: { paused }, now }) =>
    paused !== undefined && (paused.until === undefined || paused.until > now) ? 1 : 0,
  )
  one(
    'remediation_exhausted',
    'Problems of which every strategy is used up.',
    ({ facts }) => [...facts.problems.values()].filter(({ exhausted }) => exhausted !== undefined).length,
  )
  gauge(
    'circuit_breaker_state',
    'A breaker of repairs: 0 closed, 1 half-open, 2 open. Without a problem: that of the node; of others only those that are not closed.',
    ['problem', 'strategy'] as const,
    ({ set }) => {
      const now = of()
      if (now === undefined) return
      const { breakers } = now.facts
      set({ problem: '', strategy: '' }, BREAKER_VALUES.closed)
      for (const { fingerprint, strategy, state } of breakers.slice(0, MAX_BREAKERS))
        set({ problem: fingerprint, strategy }, BREAKER_VALUES[state])
    },
  )
}

/** @param strategies told from the start with 0, so that the first of them is an increase */
export function createRepairCounts(metrics: Metrics, strategies: readonly string[], now: RepairNow): RepairCounts {
  const counter = (name: string, help: string) => metrics.counter(name, help, STRATEGY)
  const attempted = counter('remediations_attempted_total', 'Repairs that were begun.')
  const succeeded = counter('remediations_succeeded_total', 'Repairs after which the problem was proven gone.')
  const failed = counter(
    'remediations_failed_total',
    'Repairs that failed, or after which the problem was still there.',
  )
  const unseen = counter('remediations_not_observed_total', 'Repairs of which nobody saw what came of them.')
  const would = counter('remediations_would_total', 'Repairs that a dry run told and did not do.')
  const refused = metrics.counter('remediations_refused_total', 'Repairs that a gate began to hold back.', [
    'gate',
  ] as const)
  const exhausted = metrics.counter('remediations_exhausted_total', 'Problems that were left to people.')
  for (const strategy of strategies)
    for (const each of [attempted, succeeded, failed, unseen]) each.add({ strategy }, 0)
  addGauges(metrics, now)

  return {
    count({ what }, { attempts }) {
      const strategyOf = (attempt: string) => ({ strategy: attempts.get(attempt)?.act.strategy ?? 'unknown' })
      const isReal = (attempt: string) => attempts.get(attempt)?.mode !== 'dry-run'
      switch (what.kind) {
        case 'started':
          return (what.mode === 'act' ? attempted : would).add({ strategy: what.act.strategy })
        case 'ended':
          if (isReal(what.attempt) && (what.outcome === 'failed' || what.outcome === 'lost'))
            failed.add(strategyOf(what.attempt))
          return
        case 'verified': {
          if (!isReal(what.attempt)) return
          const of = { proven: succeeded, 'not-proven': failed, 'not-observed': unseen }[what.verdict]
          return of.add(strategyOf(what.attempt))
        }
        case 'refused':
          return refused.add({ gate: what.gate })
        case 'exhausted':
          return what.mode === 'act' ? exhausted.add({}) : undefined
        default:
          return
      }
    },
  }
}
