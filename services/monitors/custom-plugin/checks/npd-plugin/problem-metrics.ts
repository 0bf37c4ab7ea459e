/** `problem_counter` and `problem_gauge` of one file, as node-problem-detector counts them. */
import type { MetricSample } from '#model'
import type { MetricSpec } from '#monitor-kit'
import type { ConditionState, RuleEvent } from './conditions.ts'
import type { Rule } from './settings.ts'

export const PROBLEM_METRICS: readonly MetricSpec[] = [
  {
    name: 'problem_counter',
    help: 'Number of times a specific type of problem have occurred.',
    kind: 'counter',
    unit: '',
  },
  {
    name: 'problem_gauge',
    help: 'Whether a specific type of problem is affecting the node or not.',
    kind: 'gauge',
    unit: '',
  },
]

export interface ProblemMetrics {
  /** A result: its event counts where it says that something is a problem; every condition is looked at. */
  note(event: RuleEvent | undefined, conditions: readonly ConditionState[]): void
  samples(): readonly MetricSample[]
}

/** Of each type at most one reason is 1; those that it had before stay at 0. */
function createGauges() {
  const values = new Map<string, Map<string, number>>()
  const lastReasons = new Map<string, string>()
  return {
    set(type: string, reason: string, value: number): void {
      const ofType = values.get(type) ?? new Map<string, number>()
      values.set(type, ofType)
      const last = lastReasons.get(type)
      if (last !== undefined) ofType.set(last, 0)
      ofType.set(reason, value)
      lastReasons.set(type, reason)
    },
    samples(): MetricSample[] {
      return [...values].flatMap(([type, reasons]) =>
        [...reasons].map(([reason, value]) => ({ name: 'problem_gauge', labels: { type, reason }, value })),
      )
    },
  }
}

/** Every rule has its series from the beginning. */
export function createProblemMetrics(rules: readonly Rule[]): ProblemMetrics {
  const counts = new Map<string, number>(rules.map(({ reason }) => [reason, 0]))
  const gauges = createGauges()
  for (const rule of rules) if (rule.isPermanent) gauges.set(rule.condition, rule.reason, 0)

  return {
    note(event, conditions) {
      if (event?.isActive === true) counts.set(event.reason, (counts.get(event.reason) ?? 0) + 1)
      for (const { type, reason, status } of conditions) gauges.set(type, reason, status === 'True' ? 1 : 0)
    },
    samples: () => [
      ...[...counts].map(([reason, value]) => ({ name: 'problem_counter', labels: { reason }, value })),
      ...gauges.samples(),
    ],
  }
}
