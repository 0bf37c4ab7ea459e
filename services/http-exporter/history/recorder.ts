/** Writes into an open history. Every method is idempotent: what is told twice is there once. Throws what SQLite throws. */
import type { DatabaseSync } from 'node:sqlite'
import type { EventView } from '#view'
import { laneOfEvent } from './facts.ts'
import { createLaneStates, type LaneStates } from './lane-states.ts'
import { type NumberedValue, packValues, slotOf, TIERS } from './samples.ts'
import { createSeriesNumbers } from './series-numbers.ts'
import { createStatements } from './statements.ts'

export interface Recorder extends LaneStates {
  event(view: EventView): void
  mark(lane: string, at: Date, kind: string, text: string): void
  gap(from: Date, to: Date, kind: 'reboot' | 'agent-down', text: string): void
  /** @param tier default 0: as they come */
  samples(at: Date, values: ReadonlyMap<string, number>, tier?: 0 | 1 | 2): void
  getMeta(key: string): string | undefined
  setMeta(key: string, value: string): void
}

export function createRecorder(db: DatabaseSync): Recorder {
  const statements = createStatements(db)
  const { get, run } = statements
  const numbers = createSeriesNumbers(statements)

  return {
    ...createLaneStates(statements),
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
        const id = numbers.of(key, at.getTime())
        if (id !== undefined) numbered.push([id, value])
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
      const value = get('SELECT value FROM meta WHERE key=?').get(key)?.['value']
      return value === undefined ? undefined : String(value)
    },
    setMeta(key, value) {
      run('INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value=excluded.value', key, value)
    },
  }
}
