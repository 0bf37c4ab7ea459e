/**
 * What this exporter counts. Told on the bus as samples of "k8s-exporter", and so part of the http-exporter's /metrics:
 * this process listens at no port.
 */
import type { RequestRecord } from '#kube'
import type { KubeCounterName, MetricSample } from '#model'

export interface Gauges {
  /** How long nothing has worked; 0: it works. */
  readonly awayMs: number
  readonly pending: number
  readonly foreign: number
  readonly leftOut: number
}

export interface ExporterMetrics {
  request(record: RequestRecord): void
  add(name: KubeCounterName, labels: Readonly<Record<string, string>>, by?: number): void
  samples(gauges: Gauges): MetricSample[]
}

export function createExporterMetrics(): ExporterMetrics {
  const counts = new Map<
    string,
    { readonly name: string; readonly labels: Readonly<Record<string, string>>; value: number }
  >()

  function add(name: KubeCounterName, labels: Readonly<Record<string, string>>, by = 1): void {
    const key = `${name} ${Object.values(labels).join(' ')}`
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { name, labels, value: by })
    else known.value += by
  }

  // A counter that never counted is 0, not absent: an alert on its rise needs the first one.
  for (const action of ['created', 'counted', 'held_back', 'failed', 'expired']) add('kube_events_total', { action }, 0)
  for (const cause of ['change', 'message', 'heartbeat', 'drift', 'clean'])
    add('kube_condition_patches_total', { cause }, 0)
  for (const name of [
    'kube_condition_changes_total',
    'kube_condition_delay_seconds_total',
    'kube_missed_total',
    'kube_undecodable_total',
  ] as const)
    add(name, {}, 0)

  return {
    add,
    request({ verb, resource, result, durationMs }) {
      add('kube_requests_total', { verb, resource, result })
      add('kube_request_seconds_total', { verb, resource }, durationMs / 1000)
    },
    samples: ({ awayMs, pending, foreign, leftOut }) => [
      ...[...counts.values()].map(({ name, labels, value }) => ({ name, labels, value })),
      { name: 'kube_away_seconds', labels: {}, value: awayMs / 1000 },
      { name: 'kube_pending', labels: {}, value: pending },
      { name: 'kube_foreign_conditions', labels: {}, value: foreign },
      { name: 'kube_conditions_left_out', labels: {}, value: leftOut },
    ],
  }
}
