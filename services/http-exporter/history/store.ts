/** Where the history is kept: in its file while the disk takes it, else in memory, and back when it can. */

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock, Logger } from '#service'
import { HistoryFileError, reasonOf } from '../errors.ts'
import { copyHistory } from './copy.ts'
import { loadSqlite, MEMORY_BYTES, openHistoryFile, openHistoryInMemory, removeHistoryFile, WAL_BYTES } from './file.ts'
import { createDiskProbe } from './probe.ts'
import { createRecorder, type Recorder } from './recorder.ts'

export interface StoreOptions {
  /** Folder of the history. */
  readonly dir: string
  /** Of file and write-ahead log together. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly log: Logger
}

/** Where facts go now. Changes when the disk fails or comes back. */
export interface Place {
  readonly db: DatabaseSync
  readonly recorder: Recorder
  readonly onDisk: boolean
  readonly maxBytes: number
}

export interface HistoryStore {
  /** Undefined where this Node has no SQLite. */
  readonly place: Place | undefined
  /** Why the history is not whole, for people; "" when it is. */
  readonly note: string
  /** Before each use of the file: goes to memory when the disk does not answer. */
  check(options: { readonly sync: boolean }): Promise<void>
  /** Something failed: from now on in memory. */
  fall(err: unknown): void
  /** Tries to go back to the file, with what was kept in memory meanwhile. Resolves to whether it did. */
  recover(): Promise<boolean>
  /** Empties the write-ahead log into the file. Only after `check({ sync: true })`. */
  checkpoint(): void
  close(): Promise<void>
}

class DiskSilent extends Error {
  constructor() {
    super('the disk does not answer')
    this.name = 'DiskSilent'
  }
}

export async function openHistoryStore(options: StoreOptions): Promise<HistoryStore> {
  const { dir, clock, log } = options
  const path = join(dir, 'history.db')
  const tableBytes = Math.max(options.maxBytes - WAL_BYTES, options.maxBytes / 2)
  const probe = createDiskProbe(dir)
  const loaded = await loadSqlite()
  if (loaded === undefined) {
    log.warn('no history is kept: this Node has no SQLite', { need: 'Node 22.5' })
    return unavailable('This Node has no SQLite (it needs 22.5 or later), so that no history is kept.')
  }
  const sqlite = loaded
  let memoryNote = ''

  function inFile(): Place {
    const db = openHistoryFile(sqlite, path, { maxBytes: tableBytes, now: clock.now() })
    return { db, recorder: createRecorder(db), onDisk: true, maxBytes: tableBytes }
  }

  function inMemory(err: unknown): Place {
    log.warn('the history is kept in memory only', { path, err })
    const reason = reasonOf(err instanceof HistoryFileError ? err.cause : err)
    memoryNote = `The history cannot be kept on disk (${reason}); it is in memory and ends with this process.`
    const db = openHistoryInMemory(sqlite, clock.now())
    return { db, recorder: createRecorder(db), onDisk: false, maxBytes: MEMORY_BYTES }
  }

  /** A damaged file makes room for a new one. */
  function open(): Place {
    try {
      return inFile()
    } catch (err) {
      if (!(err instanceof HistoryFileError) || !err.damaged) throw err
      log.warn('the history was damaged and starts anew', { path, err })
      removeHistoryFile(path)
      const fresh = inFile()
      fresh.recorder.setMeta('note', 'The history was damaged and starts anew.')
      return fresh
    }
  }

  async function first(): Promise<Place> {
    if ((await probe.ask({ sync: false })) === 'silent') return inMemory(new DiskSilent())
    try {
      return open()
    } catch (err) {
      return inMemory(err)
    }
  }

  function fall(err: unknown): void {
    const lost = place
    place = inMemory(err)
    if (!(err instanceof DiskSilent)) closeQuietly(lost.db)
    // Closing waits for the disk: it has to answer first.
    else void probe.ask({ sync: true }).then((answer) => answer === 'well' && closeQuietly(lost.db))
  }

  let place = await first()
  return {
    get place() {
      return place
    },
    get note() {
      return place.onDisk ? (place.recorder.getMeta('note') ?? '') : memoryNote
    },
    fall,
    async check({ sync }) {
      if (place.onDisk && (await probe.ask({ sync })) === 'silent') fall(new DiskSilent())
    },
    async recover() {
      if (place.onDisk || (await probe.ask({ sync: true })) !== 'well') return false
      const memory = place
      let file: Place | undefined
      try {
        file = open()
        copyHistory(memory.db, file.db)
        // What was read from the file at first is not what stands in it now.
        place = { ...file, recorder: createRecorder(file.db) }
        memory.db.close()
        log.info('the history is on disk again', { path })
        return true
      } catch (err) {
        if (file !== undefined) closeQuietly(file.db)
        log.debug('the history stays in memory', { path, err })
        return false
      }
    },
    checkpoint() {
      if (place.onDisk) place.db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    async close() {
      // A silent disk would hold the end of the process; its log is replayed at the next start.
      if (place.onDisk && (await probe.ask({ sync: true })) === 'silent') return
      closeQuietly(place.db)
    },
  }
}

function closeQuietly(db: DatabaseSync): void {
  try {
    if (db.isOpen) db.close()
  } catch {
    // It failed before; there is nothing to save in it.
  }
}

function unavailable(note: string): HistoryStore {
  return {
    place: undefined,
    note,
    check: () => Promise.resolve(),
    fall: () => undefined,
    recover: () => Promise.resolve(false),
    checkpoint: () => undefined,
    close: () => Promise.resolve(),
  }
}
