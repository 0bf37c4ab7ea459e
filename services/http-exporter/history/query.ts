/** The answer to `/history`. */
import type { DatabaseSync } from 'node:sqlite'
import type { HistoryView } from '#view'
import { queryLanes } from './query-lanes.ts'
import { querySeries, type SeriesUses } from './query-series.ts'
import { RANGES, type Range } from './ranges.ts'
import type { HistoryStore } from './store.ts'

export interface QueryOptions {
  readonly store: HistoryStore
  readonly range: Range
  readonly uses: SeriesUses
  readonly now: Date
  readonly retentionMs: number
  /** How long nothing was heard of the detector; undefined while it is heard. */
  readonly silentMs: number | undefined
}

function knownFrom({ store, now, retentionMs }: QueryOptions): Date {
  const recorder = store.place?.recorder
  const created = Number(recorder?.getMeta('created') ?? now.getTime())
  const cut = Number(recorder?.getMeta('known_from') ?? 0)
  return new Date(Math.max(created, cut, now.getTime() - retentionMs))
}

function readGaps(db: DatabaseSync | undefined, from: Date, to: Date): HistoryView['gaps'][number][] {
  const rows = db
    ?.prepare('SELECT began, ended, kind, text FROM gaps WHERE ended>=? AND began<=? ORDER BY began LIMIT 500')
    .all(from.getTime(), to.getTime())
  return (rows ?? []).map((row) => ({
    from: new Date(Number(row['began'])).toISOString(),
    to: new Date(Number(row['ended'])).toISOString(),
    kind: row['kind'] === 'reboot' ? ('reboot' as const) : ('agent-down' as const),
    text: String(row['text']),
  }))
}

/** @throws what SQLite throws */
export function queryHistory(options: QueryOptions): HistoryView {
  const { store, range, uses, now, silentMs } = options
  const from = new Date(now.getTime() - RANGES[range].spanMs)
  const db = store.place?.db
  const known = knownFrom(options)
  const gaps = readGaps(db, from, now)
  if (silentMs !== undefined) {
    const began = new Date(Math.max(from.getTime(), now.getTime() - silentMs))
    gaps.push({ from: began.toISOString(), to: now.toISOString(), kind: 'agent-down', text: 'agent silent' })
  }
  return {
    from: from.toISOString(),
    to: now.toISOString(),
    knownFrom: known.toISOString(),
    // Once the whole span lies after the loss, there is nothing to say of it.
    note: store.place?.onDisk === true && known <= from ? '' : store.note,
    lanes: db === undefined ? [] : queryLanes(db, { from: from.getTime(), to: now.getTime() }),
    gaps,
    series: db === undefined ? [] : querySeries(db, range, now, uses),
  }
}
