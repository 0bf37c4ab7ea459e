/** Where a history can be: in its file, or in memory with the reason why. */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock, Logger } from '#service'
import { HistoryFileError, reasonOf } from '../errors.ts'
import { MEMORY_BYTES, openHistoryFile, openHistoryInMemory, removeHistoryFile, type Sqlite } from './file.ts'
import { createRecorder, type Recorder } from './recorder.ts'

/** Where facts go now. Changes when the disk fails or comes back. */
export interface HistoryPlace {
  readonly db: DatabaseSync
  readonly recorder: Recorder
  readonly onDisk: boolean
  readonly maxBytes: number
}

export interface HistoryPlacesOptions {
  readonly sqlite: Sqlite
  /** Of the file. */
  readonly path: string
  /** Of the file without its write-ahead log. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly log: Logger
}

/** Opens places; a damaged file makes room for a new one. */
export interface HistoryPlaces {
  /** Of the file. */
  readonly path: string
  /** @throws HistoryFileError when the file cannot be had */
  file(): HistoryPlace
  /** Says in the log why, and keeps it as the note. */
  memory(err: unknown): HistoryPlace
  /** Why the history is in memory, for people; "" while it never was. */
  readonly memoryNote: string
}

/** Opens nothing yet. */
export function createHistoryPlaces({ sqlite, path, maxBytes, clock, log }: HistoryPlacesOptions): HistoryPlaces {
  let memoryNote = ''

  function inFile(): HistoryPlace {
    const db = openHistoryFile(sqlite, path, { maxBytes, now: clock.now() })
    return { db, recorder: createRecorder(db), onDisk: true, maxBytes }
  }

  return {
    path,
    get memoryNote() {
      return memoryNote
    },
    file() {
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
    },
    memory(err) {
      log.warn('the history is kept in memory only', { path, err })
      const reason = reasonOf(err instanceof HistoryFileError ? err.cause : err)
      memoryNote = `The history cannot be kept on disk (${reason}); it is in memory and ends with this process.`
      const db = openHistoryInMemory(sqlite, clock.now())
      return { db, recorder: createRecorder(db), onDisk: false, maxBytes: MEMORY_BYTES }
    },
  }
}

/** Closes what may have failed before. */
export function closeQuietly(db: DatabaseSync): void {
  try {
    if (db.isOpen) db.close()
  } catch {
    // It failed before; there is nothing to save in it.
  }
}
