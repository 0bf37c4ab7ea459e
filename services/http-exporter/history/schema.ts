/**
 * What the history file holds, and how it is opened. Times are whole milliseconds since 1970. Rows that may exceed a
 * quarter of a page have a rowid: without one each would take a page of its own.
 */
import type { DatabaseSync } from 'node:sqlite'

/** Counted up when the tables change: a file of another version starts anew. */
export const SCHEMA_VERSION = 1

const TABLES = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lanes(key TEXT PRIMARY KEY, id TEXT NOT NULL, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE states(
  lane TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
  level TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY(lane, began)
) WITHOUT ROWID;
CREATE INDEX states_ended ON states(ended);
CREATE TABLE events(id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, lane TEXT NOT NULL, view TEXT NOT NULL);
CREATE INDEX events_at ON events(at);
CREATE TABLE marks(
  lane TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(lane, at, kind)
) WITHOUT ROWID;
CREATE INDEX marks_at ON marks(at);
CREATE TABLE gaps(began INTEGER PRIMARY KEY, ended INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE series(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, used INTEGER NOT NULL);
CREATE TABLE samples(tier INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE(tier, at));
`

const PAGE_BYTES = 4096

/**
 * Prepares a database. WAL without a sync at each commit: a killed process loses nothing, a lost power supply the last
 * minutes, and flash is spared. Checkpoints are made by the owner, after it has seen that the disk answers.
 * @throws what node:sqlite throws when the file is damaged, not writable, or the disk full
 */
export function prepareDatabase(db: DatabaseSync, options: { maxBytes: number; now: Date }): void {
  // Exclusive: no shared-memory file, whose mapping would end the process on a full disk.
  db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=${PAGE_BYTES}; PRAGMA auto_vacuum=INCREMENTAL;`)
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;')
  db.exec('PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-512; PRAGMA temp_store=MEMORY;')
  db.exec(`PRAGMA max_page_count=${Math.max(64, Math.floor(options.maxBytes / PAGE_BYTES))}`)
  const version = db.prepare('PRAGMA user_version').get()?.['user_version']
  if (version === SCHEMA_VERSION) return
  if (version !== 0) throw new Error(`its tables are of version ${String(version)}, not ${SCHEMA_VERSION}`)
  db.exec(`BEGIN; ${TABLES} PRAGMA user_version=${SCHEMA_VERSION};`)
  db.prepare("INSERT INTO meta(key, value) VALUES('created', ?)").run(String(options.now.getTime()))
  db.exec('COMMIT')
}

/** Whether every page of the file is sound. About 2 ms per MiB. */
export function isSound(db: DatabaseSync): boolean {
  return db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] === 'ok'
}

/** Bytes in use, without what was freed and not given back yet. */
export function usedBytes(db: DatabaseSync): number {
  const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0)
  const free = Number(db.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0)
  return (pages - free) * PAGE_BYTES
}
