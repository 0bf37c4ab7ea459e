/**
 * What this exporter counts. Told on the bus as samples of "k8s-exporter", and so part of the http-exporter's /metrics:
 * this process listens at no port.
 */
import type { RequestRecord } from '#kube'
import type { MetricSample } from '#model'

export interface Gauges {
  /** How long nothing has worked; 0: it works. */
  readonly awayMs: number
  readonly pending: number
  readonly foreign: number
}

export interface ExporterMetrics {
  request(record: RequestRecord): void
  add(name: CounterName, labels: Readonly<Record<string, string>>, by?: number): void
  samples(gauges: Gauges): MetricSample[]
}

/** Every counter, with what it counts; docs/metrics and the rules of deploy/prometheus know no others. */
export const COUNTERS = {
  kube_requests_total: 'Requests to the API server, by verb, resource and result.',
  kube_request_seconds_total: 'Time that they took, in sum.',
  kube_events_total: 'Events: created, counted (a repeat), held_back (budget), failed (refused), expired (too old).',
  kube_condition_patches_total: 'Patches of the node, by cause: change, message, heartbeat, drift, clean.',
  kube_condition_changes_total: 'Batches of changes that the API server has accepted.',
  kube_condition_delay_seconds_total: 'Time from the first change of a batch to its acceptance, in sum.',
  kube_missed_total: 'Facts that left the bus before they were sent.',
  kube_undecodable_total: 'Messages of the bus that could not be decoded.',
} as const satisfies Record<string, string>

export type CounterName = keyof typeof COUNTERS

export function createExporterMetrics(): ExporterMetrics {
  const counts = new Map<
    string,
    { readonly name: string; readonly labels: Readonly<Record<string, string>>; value: number }
  >()

  function add(name: CounterName, labels: Readonly<Record<string, string>>, by = 1): void {
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
    samples: ({ awayMs, pending, foreign }) => [
      ...[...counts.values()].map(({ name, labels, value }) => ({ name, labels, value })),
      { name: 'kube_away_seconds', labels: {}, value: awayMs / 1000 },
      { name: 'kube_pending', labels: {}, value: pending },
      { name: 'kube_foreign_conditions', labels: {}, value: foreign },
    ],
  }
}
