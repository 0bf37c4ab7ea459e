/** The number of each series in an open history. Throws what SQLite throws. */
import type { Statements } from './statements.ts'

/** Most series kept at a time; one that is new then takes the place of one unused for an hour, or is not recorded. */
export const MAX_SERIES = 256

/** Numbers of series are never used again, and this is the last one that a sample row can hold. */
const LAST_SERIES_ID = 0xffff

const HOUR_MS = 3_600_000

export interface SeriesNumbers {
  /** The series' number, a new one where it has none; undefined where there is no place for it. */
  of(key: string, nowMs: number): number | undefined
}

interface Numbered {
  readonly id: number
  used: number
  /** When `used` was last written. */
  saved: number
}

function readSeries({ get }: Statements): Map<string, Numbered> {
  const series = new Map<string, Numbered>()
  for (const row of get('SELECT id, key, used FROM series').all()) {
    const used = Number(row['used'])
    series.set(String(row['key']), { id: Number(row['id']), used, saved: used })
  }
  return series
}

export function createSeriesNumbers(statements: Statements): SeriesNumbers {
  const { get, run } = statements
  const series = readSeries(statements)

  function makeRoom(now: number): boolean {
    if (series.size < MAX_SERIES) return true
    const [unused] = [...series].sort(([, a], [, b]) => a.used - b.used)
    if (unused === undefined || now - unused[1].used < HOUR_MS) return false
    run('DELETE FROM series WHERE id=?', unused[1].id)
    return series.delete(unused[0])
  }

  function use(known: Numbered, now: number): number {
    known.used = now
    if (Math.abs(now - known.saved) >= HOUR_MS) {
      run('UPDATE series SET used=? WHERE id=?', now, known.id)
      known.saved = now
    }
    return known.id
  }

  function add(key: string, now: number): number | undefined {
    if (!makeRoom(now)) return undefined
    const id = Number(get('INSERT INTO series(key, used) VALUES(?, ?) RETURNING id').get(key, now)?.['id'])
    series.set(key, { id, used: now, saved: now })
    return id
  }

  return {
    of(key, nowMs) {
      const known = series.get(key)
      const id = known === undefined ? add(key, nowMs) : use(known, nowMs)
      return id === undefined || id > LAST_SERIES_ID ? undefined : id
    },
  }
}
