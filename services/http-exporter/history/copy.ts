/** Brings what was kept in memory while the disk was away into the file. */
import type { DatabaseSync } from 'node:sqlite'
import { createRecorder } from './recorder.ts'
import { unpackValues } from './samples.ts'

const PLAIN = {
  lanes: ['key', 'id', 'label'],
  states: ['lane', 'began', 'ended', 'level', 'reason', 'message'],
  events: ['id', 'at', 'lane', 'view'],
  marks: ['lane', 'at', 'kind', 'text'],
  gaps: ['began', 'ended', 'kind', 'text'],
} as const

function copyTable(from: DatabaseSync, to: DatabaseSync, table: keyof typeof PLAIN): void {
  const columns = PLAIN[table]
  const insert = to.prepare(
    `INSERT OR REPLACE INTO ${table}(${columns.join(', ')}) VALUES(${columns.map(() => '?').join(', ')})`,
  )
  for (const row of from.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).all()) {
    insert.run(...columns.map((column) => row[column] ?? null))
  }
}

/** What the file still holds open ends where the memory began to know better. */
function endOpen(from: DatabaseSync, to: DatabaseSync): void {
  const created = Number(from.prepare("SELECT value FROM meta WHERE key='created'").get()?.['value'] ?? 0)
  const first = from.prepare('SELECT min(began) AS began FROM states WHERE lane=?')
  const end = to.prepare('UPDATE states SET ended=max(?, began+1) WHERE lane=? AND ended IS NULL')
  for (const row of to.prepare('SELECT lane FROM states WHERE ended IS NULL').all()) {
    const lane = String(row['lane'])
    const began = first.get(lane)?.['began']
    end.run(typeof began === 'number' ? Math.max(began, 0) : created, lane)
  }
}

function copySamples(from: DatabaseSync, to: DatabaseSync): void {
  const keys = new Map(
    from
      .prepare('SELECT id, key FROM series')
      .all()
      .map((row) => [Number(row['id']), String(row['key'])]),
  )
  const recorder = createRecorder(to)
  for (const row of from.prepare('SELECT tier, at, data FROM samples').all()) {
    const values = new Map<string, number>()
    for (const [id, value] of unpackValues(row['data'] as Uint8Array)) {
      const key = keys.get(id)
      if (key !== undefined) values.set(key, value)
    }
    const tier = Number(row['tier'])
    recorder.samples(new Date(Number(row['at'])), values, tier === 2 ? 2 : tier === 1 ? 1 : 0)
  }
}

/** In one transaction: all of it, or nothing. @throws what SQLite throws */
export function copyHistory(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('BEGIN IMMEDIATE')
  try {
    endOpen(from, to)
    for (const table of ['lanes', 'states', 'events', 'marks', 'gaps'] as const) copyTable(from, to, table)
    copySamples(from, to)
    to.exec('COMMIT')
  } catch (err) {
    to.exec('ROLLBACK')
    throw err
  }
}
