/** node-problem-detector's metrics of problems, of one file. Pure. */
import type { MetricSample } from '#model'
import type { MetricSpec } from '#monitor-kit'
import type { Config } from './config.ts'

/** As node-problem-detector describes them. */
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

/** Counts of one file. */
export interface ProblemMetrics {
  /** An event happened. */
  happened(reason: string): void
  /** A condition is that now; what was said of another reason of its type is 0 from then on. */
  set(type: string, reason: string, isTrue: boolean): void
  /** A condition is over. */
  ended(type: string): void
  samples(): MetricSample[]
}

/** All series of the rules exist from the beginning, at 0. */
export function createProblemMetrics({ rules }: Pick<Config, 'rules'>): ProblemMetrics {
  const counts = new Map<string, number>(rules.map(({ reason }) => [reason, 0]))
  const gauges = new Map<string, Map<string, number>>()
  const last = new Map<string, string>()

  function put(type: string, reason: string, value: number): void {
    const ofType = gauges.get(type) ?? new Map<string, number>()
    gauges.set(type, ofType)
    ofType.set(reason, value)
  }
  for (const { type, condition, reason } of rules) if (type === 'permanent') set(condition, reason, false)

  function set(type: string, reason: string, isTrue: boolean): void {
    const before = last.get(type)
    if (before !== undefined) put(type, before, 0)
    put(type, reason, isTrue ? 1 : 0)
    last.set(type, reason)
  }

  return {
    happened(reason) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    },
    set,
    ended(type) {
      const reason = last.get(type)
      if (reason !== undefined) put(type, reason, 0)
    },
    samples: () => [
      ...[...counts].map(([reason, value]) => ({ name: 'problem_counter', labels: { reason }, value })),
      ...[...gauges].flatMap(([type, ofType]) =>
        [...ofType].map(([reason, value]) => ({ name: 'problem_gauge', labels: { type, reason }, value })),
      ),
    ],
  }
}
