/**
 * What this exporter counts, in its own registry. Told on the bus as samples of "external-exporter", and so part of the
 * http-exporter's /metrics: this process listens at no port.
 */
import type { Metrics } from '#service'
import type { LaneState } from './lane/lane.ts'
import type { Result } from './lane/partner.ts'

const RESULTS = ['taken', 'refused', 'deadline', 'unavailable', 'failed'] as const satisfies readonly Result[]

export interface ExporterMetrics {
  called(exporter: string, result: Result): void
  missed(exporter: string, count: number): void
  undecodable(): void
  /** Where the rest is read from, from now on. */
  read(lanes: ReadonlyMap<string, () => LaneState>): void
}

function addReadings({ gauge }: Metrics, lanes: () => ReadonlyMap<string, () => LaneState>): void {
  const states = () => [...lanes()].map(([exporter, state]) => ({ exporter, ...state() }))
  gauge('external_exporter_pending', 'What is in hand and waits for the exporter.', ['exporter'], ({ set }) => {
    for (const { exporter, pending } of states()) set({ exporter }, pending)
  })
  gauge(
    'external_exporter_waiting_seconds',
    'How long what is in hand has not been taken, or nothing can be read for it; 0: it is taken.',
    ['exporter'],
    ({ set }) => {
      for (const { exporter, waitingMs } of states()) set({ exporter }, waitingMs / 1000)
    },
  )
  gauge(
    'external_exporter_last_success_timestamp_seconds',
    'When the exporter last took something; absent before that.',
    ['exporter'],
    ({ set }) => {
      for (const { exporter, lastSuccess } of states())
        if (lastSuccess !== undefined) set({ exporter }, lastSuccess.getTime() / 1000)
    },
  )
}

/** @param exporters names of those that are told */
export function createExporterMetrics(metrics: Metrics, exporters: readonly string[]): ExporterMetrics {
  let lanes: ReadonlyMap<string, () => LaneState> = new Map()
  const calls = metrics.counter(
    'external_exporter_calls_total',
    'Calls of exporters from outside, by result: taken, refused (it answered so), deadline, unavailable, failed.',
    ['exporter', 'result'],
  )
  const missed = metrics.counter(
    'external_exporter_missed_total',
    'Facts that left the bus before the exporter took them.',
    ['exporter'],
  )
  const undecodable = metrics.counter(
    'external_exporter_undecodable_total',
    'Messages of the bus that could not be decoded.',
  )
  addReadings(metrics, () => lanes)
  // A counter that never counted is 0, not absent: an alert on its rise needs the first one.
  for (const exporter of exporters) {
    for (const result of RESULTS) calls.add({ exporter, result }, 0)
    missed.add({ exporter }, 0)
  }
  return {
    called: (exporter, result) => calls.add({ exporter, result }),
    missed: (exporter, count) => missed.add({ exporter }, count),
    undecodable: () => undecodable.add({}),
    read(from) {
      lanes = from
    },
  }
}
