/** Opens the history: the file, or memory in its place. */
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { HistoryFileError } from '../errors.ts'
import { isSound, prepareDatabase } from './schema.ts'

/** The history in memory is small: it is charged to this process. */
export const MEMORY_BYTES = 4 * 1024 ** 2

/** Room that the write-ahead log takes beside the tables. */
export const WAL_BYTES = 2 * 1024 ** 2

/** SQLite as Node has it. */
export type Sqlite = typeof import('node:sqlite')

/** Loads SQLite when it is first needed. Undefined where this Node has none (before 22.5). */
export async function loadSqlite(): Promise<Sqlite | undefined> {
  const emit = process.emitWarning
  try {
    // Logs are JSON lines: "SQLite is an experimental feature" would be none.
    process.emitWarning = (...args: unknown[]) => {
      if (!String(args[0]).startsWith('SQLite is an experimental')) Reflect.apply(emit, process, args)
    }
    return await import('node:sqlite')
  } catch {
    return undefined
  } finally {
    process.emitWarning = emit
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite3.h). */
const DAMAGED_CODES = [11, 26]

function isDamage(err: unknown): boolean {
  if (!(err instanceof Error)) return false
  if (err.message.startsWith('its tables are of version')) return true
  return 'errcode' in err && typeof err.errcode === 'number' && DAMAGED_CODES.includes(err.errcode & 0xff)
}

/**
 * Opens or makes the file (0640, its folder 0750).
 * @throws HistoryFileError
 */
export function openHistoryFile(
  sqlite: Sqlite,
  path: string,
  options: { readonly maxBytes: number; readonly now: Date },
): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
    closeSync(openSync(path, 'a', 0o640))
    chmodSync(path, 0o640)
    db = new sqlite.DatabaseSync(path)
    prepareDatabase(db, options)
    if (!isSound(db)) throw Object.assign(new Error('its pages do not fit together'), { errcode: DAMAGED_CODES[0] })
    return db
  } catch (err) {
    db?.close()
    throw new HistoryFileError(path, isDamage(err), err)
  }
}

export function openHistoryInMemory(sqlite: Sqlite, now: Date): DatabaseSync {
  const db = new sqlite.DatabaseSync(':memory:')
  prepareDatabase(db, { maxBytes: MEMORY_BYTES, now })
  return db
}

/** Takes a damaged file away with what belongs to it. */
export function removeHistoryFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
}
