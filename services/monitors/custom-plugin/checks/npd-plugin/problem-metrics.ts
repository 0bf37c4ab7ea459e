/** What results of a file's rules come to in its metrics. */
import type { ProblemMetrics } from '#npd-words'
import { type ConditionState, type RuleEvent, toldConditions } from './conditions.ts'

/** A result: its event counts where it says that something is a problem; every condition that is told is looked at. */
export function noteResult(
  metrics: ProblemMetrics,
  event: RuleEvent | undefined,
  conditions: readonly ConditionState[],
): void {
  if (event?.isActive === true) metrics.happened(event.reason)
  for (const { type, reason, status } of toldConditions(conditions)) metrics.set(type, reason, status === 'True')
}
