/** Brings facts into the history: many in one transaction, and the same ones elsewhere when a place fails. */
import type { Clock, Logger } from '#service'
import type { Recorder } from './recorder.ts'
import type { HistoryStore } from './store.ts'

/** One fact, ready to be written. Idempotent: it may be written again after a failure. */
export type Fact = (recorder: Recorder) => void

export interface Writer {
  /** @param spare may be dropped when too much waits (ticks in a storm of events) */
  add(fact: Fact, options?: { readonly spare: boolean }): void
  /** Writes what waits, now. Never rejects. */
  flush(): Promise<void>
  /** Work on the open history outside of a transaction, perhaps twice; a throw makes it go on in memory. */
  attempt(work: () => void): void
  /** Before and after something that may change the place by itself. */
  following<T>(work: () => Promise<T>): Promise<T>
  /** Facts that were not taken. */
  readonly dropped: number
  /** Writes what waits and takes nothing more. */
  close(): Promise<void>
}

/** Longest wait of a fact. The first of a quiet time is written at once. */
const WRITE_EVERY_MS = 1000
const SPARE_MAX = 5000
const WAITING_MAX = 50_000

export interface WriterOptions {
  readonly store: HistoryStore
  readonly clock: Clock
  readonly log: Logger
  /** What a new place has to be told first. */
  readonly current: () => readonly Fact[]
  /** Lets go of what is oldest, when there is no room left. */
  readonly makeRoom: () => void
}

/** SQLITE_FULL (sqlite3.h): the file's own limit, or the disk's. */
const FULL_CODE = 13

function isFull(err: unknown): boolean {
  return err instanceof Error && 'errcode' in err && err.errcode === FULL_CODE
}

export function createWriter({ store, clock, log, current, makeRoom }: WriterOptions): Writer {
  let queue: Fact[] = []
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let writtenMs = Number.NEGATIVE_INFINITY
  let closed = false

  function schedule(): void {
    if (timer !== undefined || writing !== undefined || queue.length === 0 || closed) return
    timer = setTimeout(() => void flush(), Math.max(0, writtenMs + WRITE_EVERY_MS - clock.monotonicMs()))
    timer.unref()
  }

  function transact(facts: readonly Fact[]): void {
    const { place } = store
    if (place === undefined) return
    place.db.exec('BEGIN IMMEDIATE')
    try {
      for (const fact of facts) fact(place.recorder)
      place.db.exec('COMMIT')
    } catch (err) {
      if (place.db.isTransaction) place.db.exec('ROLLBACK')
      throw err
    }
  }

  async function following<T>(work: () => Promise<T>): Promise<T> {
    const before = store.place
    const result = await work()
    if (store.place !== before) queue = [...current(), ...queue]
    return result
  }

  /** A history at its own limit gets room; a full disk gives none, and then this throws. */
  function withRoom(work: () => void): void {
    try {
      work()
    } catch (err) {
      if (!isFull(err)) throw err
      makeRoom()
      work()
    }
  }

  async function write(): Promise<void> {
    await following(() => store.check({ sync: false }))
    const facts = queue
    queue = []
    try {
      withRoom(() => transact(facts))
    } catch (err) {
      store.fall(err)
      try {
        transact([...current(), ...facts])
      } catch (again) {
        dropped += facts.length
        log.warn('a part of the history was lost', { err: again, facts: facts.length })
      }
    }
    writtenMs = clock.monotonicMs()
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    while (writing !== undefined) await writing
    if (queue.length === 0) return
    writing = write().finally(() => {
      writing = undefined
      schedule()
    })
    await writing
  }

  return {
    add(fact, options) {
      if (store.place === undefined || closed) return
      if (queue.length >= (options?.spare === true ? SPARE_MAX : WAITING_MAX)) {
        dropped++
        return
      }
      queue.push(fact)
      schedule()
    },
    flush,
    following,
    attempt(work) {
      try {
        withRoom(work)
      } catch (err) {
        store.fall(err)
        queue = [...current(), ...queue]
        schedule()
      }
    },
    get dropped() {
      return dropped
    },
    async close() {
      await flush()
      closed = true
      clearTimeout(timer)
    },
  }
}
