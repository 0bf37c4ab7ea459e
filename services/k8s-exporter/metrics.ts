/**
 * What this exporter counts, in its own registry. Told on the bus as samples of "k8s-exporter", and so part of the
 * http-exporter's /metrics: this process listens at no port.
 */
import type { RequestRecord } from '#kube'
import type { Metrics } from '#service'
import type { Cause } from './conditions/plan.ts'
import type { EventAction } from './events/requests.ts'

export interface Gauges {
  /** How long nothing has worked; 0: it works. */
  readonly awayMs: number
  readonly pending: number
  readonly foreign: number
  readonly foreignAnnotations: number
  readonly leftOut: number
}

export interface ExporterMetrics {
  request(record: RequestRecord): void
  /** What is done with an event. */
  event(action: EventAction, count: number): void
  /** Why the node was patched; `delayMs` from the first change of its batch, where it was for changes. */
  patched(cause: Cause, delayMs: number | undefined): void
  missed(count: number): void
  undecodable(): void
  /** Where the rest is read from, from now on. */
  read(gauges: () => Gauges): void
}

const NOTHING: Gauges = { awayMs: 0, pending: 0, foreign: 0, foreignAnnotations: 0, leftOut: 0 }

function addReadings({ gauge }: Metrics, read: () => Gauges): void {
  gauge('kube_away_seconds', 'How long nothing has worked at the API server; 0: it works.', [], ({ set }) =>
    set({}, read().awayMs / 1000),
  )
  gauge('kube_pending', 'Changes and events that wait for the API server.', [], ({ set }) => set({}, read().pending))
  gauge('kube_conditions_left_out', 'Conditions that are not well and found no place on the node.', [], ({ set }) =>
    set({}, read().leftOut),
  )
  gauge('kube_foreign_conditions', 'Condition types of ours that another writer holds.', [], ({ set }) =>
    set({}, read().foreign),
  )
  gauge('kube_foreign_annotations', 'Annotations that are asked for and that another writer holds.', [], ({ set }) =>
    set({}, read().foreignAnnotations),
  )
}

export function createExporterMetrics(metrics: Metrics): ExporterMetrics {
  const { counter } = metrics
  let gauges = () => NOTHING
  const requests = counter('kube_requests_total', 'Requests to the API server, by verb, resource and result.', [
    'verb',
    'resource',
    'result',
  ])
  const seconds = counter('kube_request_seconds_total', 'Time that they took, in sum.', ['verb', 'resource'])
  const events = counter(
    'kube_events_total',
    'Events: created, counted (a repeat), held_back (budget), failed (refused), expired (too old).',
    ['action'],
  )
  const patches = counter(
    'kube_condition_patches_total',
    'Patches of the node, by cause: change, message, heartbeat, drift, clean.',
    ['cause'],
  )
  const changes = counter('kube_condition_changes_total', 'Batches of changes that the API server has accepted.')
  const delay = counter(
    'kube_condition_delay_seconds_total',
    'Time from the first change of a batch to its acceptance, in sum.',
  )
  const missed = counter('kube_missed_total', 'Facts that left the bus before they were sent.')
  const undecodable = counter('kube_undecodable_total', 'Messages of the bus that could not be decoded.')
  addReadings(metrics, () => gauges())

  // A counter that never counted is 0, not absent: an alert on its rise needs the first one.
  for (const action of ['created', 'counted', 'held_back', 'failed', 'expired'] as const) events.add({ action }, 0)
  for (const cause of ['change', 'message', 'heartbeat', 'drift', 'clean'] as const) patches.add({ cause }, 0)

  return {
    request({ verb, resource, result, durationMs }) {
      requests.add({ verb, resource, result })
      seconds.add({ verb, resource }, durationMs / 1000)
    },
    event: (action, count) => events.add({ action }, count),
    patched(cause, delayMs) {
      patches.add({ cause })
      if (cause !== 'change' || delayMs === undefined) return
      changes.add({})
      delay.add({}, delayMs / 1000)
    },
    missed: (count) => missed.add({}, count),
    undecodable: () => undecodable.add({}),
    read(from) {
      gauges = from
    },
  }
}
