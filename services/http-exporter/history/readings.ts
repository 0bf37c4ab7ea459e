/** What is read of an open history: its span, its last events, its size. A place that fails is left for another. */
import type { Clock } from '#service'
import type { EventView, HistoryView } from '#view'
import { queryHistory } from './query.ts'
import type { SeriesUses } from './query-series.ts'
import type { Range } from './ranges.ts'
import { usedBytes } from './schema.ts'
import type { HistoryStore } from './store.ts'
import type { Writer } from './writer.ts'

/** How the history does; for the metrics. */
export interface HistoryStats {
  readonly onDisk: boolean
  readonly bytes: number
  /** Facts that were not taken: too many waited, or there was no place for them. */
  readonly dropped: number
}

export interface Readings {
  query(range: Range, uses: SeriesUses): Promise<HistoryView>
  /** The last events, newest first. */
  recentEvents(limit: number): EventView[]
  stats(): HistoryStats
}

export interface ReadingsOptions {
  readonly store: HistoryStore
  readonly writer: Writer
  readonly clock: Clock
  readonly retentionMs: number
  /** How long the detector has been silent; undefined: it is not. */
  readonly silentMs: () => number | undefined
}

export function createReadings({ store, writer, clock, retentionMs, silentMs }: ReadingsOptions): Readings {
  return {
    async query(range, uses) {
      await writer.flush()
      await writer.following(() => store.check({ sync: false }))
      const ask = (): HistoryView =>
        queryHistory({ store, range, uses, now: clock.now(), retentionMs, silentMs: silentMs() })
      let view: HistoryView | undefined
      writer.attempt(() => {
        view = ask()
      })
      if (view !== undefined) return view
      await writer.flush()
      return ask()
    },
    recentEvents(limit) {
      let events: EventView[] = []
      writer.attempt(() => {
        const rows = store.place?.db.prepare('SELECT view FROM events ORDER BY at DESC, id LIMIT ?').all(limit) ?? []
        events = rows.map((row) => JSON.parse(String(row['view'])) as EventView)
      })
      return events
    },
    stats() {
      const { place } = store
      let bytes = 0
      writer.attempt(() => {
        bytes = place === undefined ? 0 : usedBytes(place.db)
      })
      return { onDisk: place?.onDisk ?? false, bytes, dropped: writer.dropped }
    },
  }
}
