/** `problem_counter` and `problem_gauge` of one file, as node-problem-detector counts them. Pure. */
import type { MetricSample } from '#model'

/** As node-problem-detector describes them. */
export const PROBLEM_METRICS = [
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
] as const

/** As much of a rule as they go by. */
export interface ProblemRule {
  readonly condition: string
  readonly reason: string
  /** Only exactly "permanent" has a gauge before its condition changes. */
  readonly isPermanent: boolean
}

/** Counts of one file. */
export interface ProblemMetrics {
  /** A problem happened. */
  happened(reason: string): void
  /** A condition is that now; what was said of another reason of its type is 0 from then on. */
  set(type: string, reason: string, isTrue: boolean): void
  /** A condition is over. */
  ended(type: string): void
  samples(): MetricSample[]
}

/** Of each type at most one reason is 1; those that it had before stay at 0. */
function createGauges() {
  const gauges = new Map<string, Map<string, number>>()
  const last = new Map<string, string>()

  function set(type: string, reason: string, isTrue: boolean): void {
    const ofType = gauges.get(type) ?? new Map<string, number>()
    gauges.set(type, ofType)
    const before = last.get(type)
    if (before !== undefined) ofType.set(before, 0)
    ofType.set(reason, isTrue ? 1 : 0)
    last.set(type, reason)
  }

  return {
    set,
    ended(type: string): void {
      const reason = last.get(type)
      if (reason !== undefined) set(type, reason, false)
    },
    samples: () =>
      [...gauges].flatMap(([type, reasons]) =>
        [...reasons].map(([reason, value]) => ({ name: 'problem_gauge', labels: { type, reason }, value })),
      ),
  }
}

/** All series of the rules exist from the beginning, at 0. */
export function createProblemMetrics(rules: readonly ProblemRule[]): ProblemMetrics {
  const counts = new Map<string, number>(rules.map(({ reason }) => [reason, 0]))
  const gauges = createGauges()
  for (const { isPermanent, condition, reason } of rules) if (isPermanent) gauges.set(condition, reason, false)

  return {
    happened(reason) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    },
    set: gauges.set,
    ended: gauges.ended,
    samples: () => [
      ...[...counts].map(([reason, value]) => ({ name: 'problem_counter', labels: { reason }, value })),
      ...gauges.samples(),
    ],
  }
}
