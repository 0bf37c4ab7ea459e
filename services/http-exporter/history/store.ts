/** Where the history is kept: in its file while the disk takes it, else in memory, and back when it can. */
import { join } from 'node:path'
import type { Clock, Logger } from '#service'
import { copyHistory } from './copy.ts'
import { loadSqlite, WAL_BYTES } from './file.ts'
import { closeQuietly, createHistoryPlaces, type HistoryPlace, type HistoryPlaces } from './place.ts'
import { createDiskProbe, type DiskProbe } from './probe.ts'
import { createRecorder } from './recorder.ts'

export interface StoreOptions {
  /** Folder of the history. */
  readonly dir: string
  /** Of file and write-ahead log together. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly log: Logger
}

export interface HistoryStore {
  /** Undefined where this Node has no SQLite. */
  readonly place: HistoryPlace | undefined
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

/** The places of one store, and the one that is used. */
interface Stored {
  readonly places: HistoryPlaces
  readonly probe: DiskProbe
  readonly log: Logger
  place: HistoryPlace
}

async function openFirst(places: HistoryPlaces, probe: DiskProbe): Promise<HistoryPlace> {
  if ((await probe.ask({ sync: false })) === 'silent') return places.memory(new DiskSilent())
  try {
    return places.file()
  } catch (err) {
    return places.memory(err)
  }
}

function fall(stored: Stored, err: unknown): void {
  const lost = stored.place
  stored.place = stored.places.memory(err)
  if (!(err instanceof DiskSilent)) closeQuietly(lost.db)
  // Closing waits for the disk: it has to answer first.
  else void stored.probe.ask({ sync: true }).then((answer) => answer === 'well' && closeQuietly(lost.db))
}

async function recover(stored: Stored): Promise<boolean> {
  const { places, probe, log, place: memory } = stored
  if (memory.onDisk || (await probe.ask({ sync: true })) !== 'well') return false
  let file: HistoryPlace | undefined
  try {
    file = places.file()
    copyHistory(memory.db, file.db)
    // What was read from the file at first is not what stands in it now.
    stored.place = { ...file, recorder: createRecorder(file.db) }
    memory.db.close()
    log.info('the history is on disk again', { path: places.path })
    return true
  } catch (err) {
    if (file !== undefined) closeQuietly(file.db)
    log.debug('the history stays in memory', { path: places.path, err })
    return false
  }
}

export async function openHistoryStore({ dir, maxBytes, clock, log }: StoreOptions): Promise<HistoryStore> {
  const sqlite = await loadSqlite()
  if (sqlite === undefined) {
    log.warn('no history is kept: this Node has no SQLite', { need: 'Node 22.5' })
    return unavailable('This Node has no SQLite (it needs 22.5 or later), so that no history is kept.')
  }
  const probe = createDiskProbe(dir)
  const tableBytes = Math.max(maxBytes - WAL_BYTES, maxBytes / 2)
  const places = createHistoryPlaces({ sqlite, path: join(dir, 'history.db'), maxBytes: tableBytes, clock, log })
  const stored: Stored = { places, probe, log, place: await openFirst(places, probe) }

  return {
    get place() {
      return stored.place
    },
    get note() {
      const { place } = stored
      return place.onDisk ? (place.recorder.getMeta('note') ?? '') : places.memoryNote
    },
    fall: (err) => fall(stored, err),
    async check({ sync }) {
      if (stored.place.onDisk && (await probe.ask({ sync })) === 'silent') fall(stored, new DiskSilent())
    },
    recover: () => recover(stored),
    checkpoint() {
      if (stored.place.onDisk) stored.place.db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    async close() {
      // A silent disk would hold the end of the process; its log is replayed at the next start.
      if (stored.place.onDisk && (await probe.ask({ sync: true })) === 'silent') return
      closeQuietly(stored.place.db)
    },
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
