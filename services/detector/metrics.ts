/** What the detector counts. Published on the bus as samples of monitor "detector", and so part of /metrics. */
import type { Change, MetricSample, NodeState } from '#model'
import type { Shed } from './events/fold.ts'
import type { Outbox } from './outbox/outbox.ts'

export interface DetectorMetrics {
  saw(changes: readonly Change[]): void
  /** Events that were counted and not told. */
  shed(shed: Shed): void
  samples(): MetricSample[]
}

/** Label sets that are kept; a closed set in practice, bounded whatever comes. */
const SETS_MAX = 2000

function createCounter(name: string): {
  add(labels: Record<string, string>, by?: number): void
  samples(): MetricSample[]
} {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>()
  return {
    add(labels, by = 1) {
      const key = JSON.stringify(labels)
      const known = counts.get(key)
      if (known !== undefined) known.value += by
      else if (counts.size < SETS_MAX) counts.set(key, { labels, value: by })
    },
    samples: () => [...counts.values()].map(({ labels, value }) => ({ name, labels, value })),
  }
}

export function createDetectorMetrics(state: NodeState, outbox: Outbox, serverRestarts: () => number): DetectorMetrics {
  const checks = createCounter('monitor_checks_total')
  const problems = createCounter('problems_detected_total')
  const shed = createCounter('events_shed_total')
  const lastRun = new Map<string, number>()

  function sawRuns(
    monitor: string,
    runs: NodeState['monitors'] extends Map<string, infer M> ? (M extends { runs: infer R } ? R : never) : never,
  ): void {
    for (const { check, started, error } of runs) {
      const key = `${monitor}\u0000${check}`
      if (lastRun.get(key) === started.getTime()) continue
      lastRun.set(key, started.getTime())
      checks.add({ monitor, check, result: error === '' ? 'success' : 'error' })
    }
  }

  return {
    saw(changes) {
      for (const change of changes) {
        if (change.kind === 'monitor' && change.value !== undefined) sawRuns(change.name, change.value.runs)
        if (change.kind === 'problem' && change.told && change.value.phase === 'opened') {
          problems.add({ type: change.value.type, severity: change.value.severity })
        }
      }
    },
    shed: ({ monitor, severity, count }) => shed.add({ monitor, severity }, count),
    samples() {
      const { queued, dropped, refused, refusedTotal } = outbox.status()
      return [
        ...checks.samples(),
        ...problems.samples(),
        ...shed.samples(),
        { name: 'status_channel_size', labels: {}, value: queued },
        ...Object.entries(dropped).map(([severity, value]) => ({
          name: 'facts_dropped_total',
          labels: { severity },
          value,
        })),
        { name: 'bus_values_refused', labels: {}, value: refused.length },
        { name: 'bus_refusals_total', labels: {}, value: refusedTotal },
        { name: 'bus_server_restarts_total', labels: {}, value: serverRestarts() },
        ...[...state.monitors.values()].flatMap(({ name, reports, violations, restarts }) => [
          { name: 'monitor_reports_total', labels: { monitor: name }, value: reports },
          { name: 'monitor_violations_total', labels: { monitor: name }, value: violations },
          { name: 'monitor_restarts_total', labels: { monitor: name }, value: restarts },
        ]),
      ]
    },
  }
}
