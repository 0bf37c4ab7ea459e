/** What this service counts, in its own registry. It has no way to the bus: the remediator tells what became of attempts. */
import type { AttemptOutcome } from '#model'
import type { Metrics } from '#service'

/** What is counted. */
export interface HostActionsMetrics {
  ended(strategy: string, outcome: AttemptOutcome): void
}

/** @param strategies all that there are */
export function createHostActionsMetrics(metrics: Metrics, strategies: readonly string[]): HostActionsMetrics {
  const attempts = metrics.counter(
    'host_actions_attempts_total',
    'Attempts that ended, by strategy and outcome: succeeded, failed, declined, lost.',
    ['strategy', 'outcome'],
  )
  for (const strategy of strategies) attempts.add({ strategy, outcome: 'succeeded' }, 0)
  return {
    ended: (strategy, outcome) => attempts.add({ strategy, outcome }),
  }
}
