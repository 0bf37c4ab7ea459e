/** The whole answer to a scrape. */
import type { HistoryStats } from '../history/history.ts'
import type { HubStats } from '../stream/hub.ts'
import { type Family, renderExposition } from './exposition.ts'

/** What this exporter counts of itself. */
export interface OwnStats {
  readonly hub: HubStats
  readonly history: HistoryStats
  readonly samplesRefused: number
  readonly undecodable: number
  /** Messages that fell out of the streams before this exporter took them. */
  readonly missed: number
}

function one(name: string, help: string, type: 'counter' | 'gauge', value: number): Family {
  return { name, help, type, series: [{ labels: {}, value }] }
}

export function ownFamilies({ hub, history, samplesRefused, undecodable, missed }: OwnStats): Family[] {
  return [
    one('stream_clients', 'Readers of /stream.', 'gauge', hub.clients),
    one(
      'stream_clients_dropped_total',
      'Readers of /stream let go because they did not keep up.',
      'counter',
      hub.dropped,
    ),
    one('stream_clients_refused_total', 'Readers of /stream that found no place.', 'counter', hub.refused),
    one('history_size_bytes', "Size of the page's history.", 'gauge', history.bytes),
    one(
      'history_on_disk',
      'Whether the history is kept on disk (1) or in memory (0).',
      'gauge',
      history.onDisk ? 1 : 0,
    ),
    one('history_dropped_total', 'Facts that the history did not take.', 'counter', history.dropped),
    one('samples_refused_total', 'Samples of monitors beyond their number of series.', 'counter', samplesRefused),
    one('bus_undecodable_total', 'Messages of the bus that could not be decoded.', 'counter', undecodable),
    one('bus_missed_total', 'Messages that left the streams before this exporter took them.', 'counter', missed),
  ]
}

/**
 * Names that no sample of a monitor may write into: what stands in the answer already.
 * @param processText what the process tells of itself, in the same format, namespace included
 */
export function reservedNames(
  namespace: string,
  families: readonly Family[],
  processText: string,
): ReadonlySet<string> {
  const types = processText.matchAll(/^# TYPE (\S+)/gm)
  const ofProcess = [...types].map(([, name = '']) => name.replace(`${namespace}_`, ''))
  return new Set([...families.map(({ name }) => name), ...ofProcess])
}

export function renderMetrics(namespace: string, families: readonly Family[], processText: string): string {
  const end = processText === '' || processText.endsWith('\n') ? '' : '\n'
  return `${renderExposition(namespace, families)}${processText}${end}`
}
