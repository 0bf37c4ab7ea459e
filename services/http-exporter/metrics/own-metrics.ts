/** What this exporter counts of itself, in its own registry. */
import type { Metrics } from '#service'
import type { HistoryStats } from '../history/history.ts'
import type { HubStats } from '../stream/hub.ts'

export interface OwnStats {
  readonly hub: HubStats
  readonly history: HistoryStats
  readonly samplesRefused: number
  readonly undecodable: number
  /** Messages that fell out of the streams before this exporter took them. */
  readonly missed: number
}

/** @param stats undefined before the start: nothing is told then */
export function addOwnMetrics({ gauge, total }: Metrics, stats: () => OwnStats | undefined): void {
  function one(kind: 'gauge' | 'total', name: string, help: string, value: (of: OwnStats) => number): void {
    const add = kind === 'gauge' ? gauge : total
    add(name, help, [], ({ set }) => {
      const now = stats()
      if (now !== undefined) set({}, value(now))
    })
  }
  one('gauge', 'stream_clients', 'Readers of /stream.', ({ hub }) => hub.clients)
  one(
    'total',
    'stream_clients_dropped_total',
    'Readers of /stream let go because they did not keep up.',
    ({ hub }) => hub.dropped,
  )
  one('total', 'stream_clients_refused_total', 'Readers of /stream that found no place.', ({ hub }) => hub.refused)
  one('gauge', 'history_size_bytes', "Size of the page's history.", ({ history }) => history.bytes)
  one('gauge', 'history_on_disk', 'Whether the history is kept on disk (1) or in memory (0).', ({ history }) =>
    history.onDisk ? 1 : 0,
  )
  one('total', 'history_dropped_total', 'Facts that the history did not take.', ({ history }) => history.dropped)
  one(
    'total',
    'samples_refused_total',
    'Samples of monitors beyond their number of series, or that of all plug-ins.',
    ({ samplesRefused }) => samplesRefused,
  )
  one(
    'total',
    'bus_undecodable_total',
    'Messages of the bus that could not be decoded.',
    ({ undecodable }) => undecodable,
  )
  one(
    'total',
    'bus_missed_total',
    'Messages that left the streams before this exporter took them.',
    ({ missed }) => missed,
  )
}
