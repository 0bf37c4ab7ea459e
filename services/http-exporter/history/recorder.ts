/** Writes into an open history. Every method is idempotent: what is told twice is there once. Throws what SQLite throws. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { EventView } from '#view'
import type { LaneState, PastInterval } from './facts.ts'
import { laneOfEvent } from './facts.ts'
import { type NumberedValue, packValues, slotOf, TIERS } from './samples.ts'

/** Most series kept at a time; one that is new then takes the place of one unused for an hour, or is not recorded. */
export const MAX_SERIES = 256

/** Numbers of series are never used again, and this is the last one that a sample row can hold. */
const LAST_SERIES_ID = 0xffff

const HOUR_MS = 3_600_000

export interface Recorder {
  /** Moves a lane to a state. */
  state(state: LaneState, now: Date): void
  /** Lanes of conditions that are gone: what is open there ends now. `present` holds the keys that are still there. */
  onlyLanes(prefix: string, present: ReadonlySet<string>, now: Date): void
  /** Ends what is open in one lane. */
  endLane(lane: string, now: Date): void
  past(interval: PastInterval): void
  event(view: EventView): void
  mark(lane: string, at: Date, kind: string, text: string): void
  gap(from: Date, to: Date, kind: 'reboot' | 'agent-down', text: string): void
  /** @param tier default 0: as they come */
  samples(at: Date, values: ReadonlyMap<string, number>, tier?: 0 | 1 | 2): void
  getMeta(key: string): string | undefined
  setMeta(key: string, value: string): void
}

interface OpenState {
  readonly began: number
  readonly level: string
  readonly reason: string
}

/** `prepare` once, at first use. */
function createStatements(db: DatabaseSync): (sql: string) => StatementSync {
  const known = new Map<string, StatementSync>()
  return (sql) => {
    const statement = known.get(sql) ?? db.prepare(sql)
    known.set(sql, statement)
    return statement
  }
}

export function createRecorder(db: DatabaseSync): Recorder {
  const sql = createStatements(db)
  const run = (text: string, ...values: SQLInputValue[]): void => {
    sql(text).run(...values)
  }
  const open = new Map<string, OpenState>()
  for (const row of db.prepare('SELECT lane, began, level, reason FROM states WHERE ended IS NULL').all()) {
    open.set(String(row['lane']), {
      began: Number(row['began']),
      level: String(row['level']),
      reason: String(row['reason']),
    })
  }
  const series = new Map<string, { readonly id: number; used: number; saved: number }>()
  for (const row of db.prepare('SELECT id, key, used FROM series').all()) {
    const used = Number(row['used'])
    series.set(String(row['key']), { id: Number(row['id']), used, saved: used })
  }

  function end(lane: string, current: OpenState, at: number): void {
    // An interval has a length, however short: a problem that came and went within a millisecond was there.
    run('UPDATE states SET ended=? WHERE lane=? AND began=?', Math.max(at, current.began + 1), lane, current.began)
    open.delete(lane)
  }

  function begin(state: LaneState, from: number): void {
    const { lane, level, reason, message } = state
    const last = Number(sql('SELECT max(ended) AS last FROM states WHERE lane=?').get(lane)?.['last'] ?? 0)
    const began = Math.max(from, last)
    run(
      'INSERT INTO states(lane, began, ended, level, reason, message) VALUES(?, ?, NULL, ?, ?, ?) ON CONFLICT DO UPDATE SET ended=NULL, level=excluded.level, reason=excluded.reason, message=excluded.message',
      lane,
      began,
      level,
      reason,
      message,
    )
    nameLane(state)
    open.set(lane, { began, level, reason })
  }

  function nameLane({ lane, id, label }: LaneState): void {
    run(
      'INSERT INTO lanes(key, id, label) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET id=excluded.id, label=excluded.label',
      lane,
      id,
      label,
    )
  }

  function makeRoom(now: number): boolean {
    if (series.size < MAX_SERIES) return true
    const [unused] = [...series].sort(([, a], [, b]) => a.used - b.used)
    if (unused === undefined || now - unused[1].used < HOUR_MS) return false
    run('DELETE FROM series WHERE id=?', unused[1].id)
    return series.delete(unused[0])
  }

  function seriesId(key: string, now: number): number | undefined {
    const known = series.get(key)
    if (known !== undefined) {
      known.used = now
      if (Math.abs(now - known.saved) >= HOUR_MS) {
        run('UPDATE series SET used=? WHERE id=?', now, known.id)
        known.saved = now
      }
      return known.id
    }
    if (!makeRoom(now)) return undefined
    const id = Number(sql('INSERT INTO series(key, used) VALUES(?, ?) RETURNING id').get(key, now)?.['id'])
    series.set(key, { id, used: now, saved: now })
    return id
  }

  return {
    state(state, now) {
      const { lane, level, reason } = state
      const current = open.get(lane)
      const since = Math.min(state.since.getTime(), now.getTime())
      if (level === 'healthy') {
        if (current !== undefined) end(lane, current, Math.max(since, current.began))
        return
      }
      if (current?.level === level && current.reason === reason) return
      if (current === undefined) {
        begin(state, since)
        return
      }
      // The same health at another severity keeps its since: what changed, changed now.
      const cut = since > current.began ? since : now.getTime()
      end(lane, current, cut)
      begin(state, cut)
    },
    onlyLanes(prefix, present, now) {
      for (const [lane, current] of [...open]) {
        if (lane.startsWith(prefix) && !present.has(lane)) end(lane, current, now.getTime())
      }
    },
    endLane(lane, now) {
      const current = open.get(lane)
      if (current !== undefined) end(lane, current, now.getTime())
    },
    past(interval) {
      const from = interval.since.getTime()
      const to = Math.max(interval.until.getTime(), from + 1)
      const known = sql('SELECT 1 FROM states WHERE lane=? AND began<? AND (ended IS NULL OR ended>?) LIMIT 1')
      if (known.get(interval.lane, to, from) !== undefined) return
      const { lane, level, reason, message } = interval
      run(
        'INSERT OR IGNORE INTO states(lane, began, ended, level, reason, message) VALUES(?, ?, ?, ?, ?, ?)',
        lane,
        from,
        to,
        level,
        reason,
        message,
      )
      nameLane(interval)
    },
    event(view) {
      run(
        'INSERT INTO events(id, at, lane, view) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET at=excluded.at, view=excluded.view',
        view.id,
        Date.parse(view.lastSeen),
        laneOfEvent(view),
        JSON.stringify(view),
      )
    },
    mark(lane, at, kind, text) {
      run('INSERT OR IGNORE INTO marks(lane, at, kind, text) VALUES(?, ?, ?, ?)', lane, at.getTime(), kind, text)
    },
    gap(from, to, kind, text) {
      run(
        'INSERT INTO gaps(began, ended, kind, text) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET ended=excluded.ended, kind=excluded.kind, text=excluded.text',
        from.getTime(),
        to.getTime(),
        kind,
        text,
      )
    },
    samples(at, values, tier = 0) {
      const numbered: NumberedValue[] = []
      for (const [key, value] of values) {
        const id = seriesId(key, at.getTime())
        if (id !== undefined && id <= LAST_SERIES_ID) numbered.push([id, value])
      }
      if (numbered.length === 0) return
      run(
        'INSERT OR REPLACE INTO samples(tier, at, data) VALUES(?, ?, ?)',
        tier,
        slotOf(at.getTime(), TIERS[tier].stepMs),
        packValues(numbered),
      )
    },
    getMeta(key) {
      const value = sql('SELECT value FROM meta WHERE key=?').get(key)?.['value']
      return value === undefined ? undefined : String(value)
    },
    setMeta(key, value) {
      run('INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value=excluded.value', key, value)
    },
  }
}
