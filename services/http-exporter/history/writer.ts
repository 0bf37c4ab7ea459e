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

/** All of them or none. @throws what SQLite throws */
function transact({ place }: HistoryStore, facts: readonly Fact[]): void {
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

/** A history at its own limit gets room; a full disk gives none, and then this throws. */
function withRoom(work: () => void, makeRoom: () => void): void {
  try {
    work()
  } catch (err) {
    if (!isFull(err)) throw err
    makeRoom()
    work()
  }
}

/** What waits to be written. */
interface Queue {
  facts: Fact[]
  dropped: number
}

/** Writes the queue where the history is, and what a place that fails holds of now somewhere else. */
async function write(queue: Queue, { store, log, current, makeRoom }: WriterOptions): Promise<void> {
  const facts = queue.facts
  queue.facts = []
  try {
    withRoom(() => transact(store, facts), makeRoom)
  } catch (err) {
    store.fall(err)
    try {
      transact(store, [...current(), ...facts])
    } catch (again) {
      queue.dropped += facts.length
      log.warn('a part of the history was lost', { err: again, facts: facts.length })
    }
  }
}

/** A turn of writing at a time: at most one a second, the first of a quiet time at once, or when it is asked for. */
interface Turns {
  schedule(): void
  flush(): Promise<void>
  /** No turn comes by itself any more. */
  end(): void
}

function createTurns(clock: Clock, isEmpty: () => boolean, work: () => Promise<void>): Turns {
  let callOff: (() => void) | undefined
  let writing: Promise<void> | undefined
  let writtenMs = Number.NEGATIVE_INFINITY
  let ended = false

  function schedule(): void {
    if (callOff !== undefined || writing !== undefined || isEmpty() || ended) return
    callOff = clock.after(Math.max(0, writtenMs + WRITE_EVERY_MS - clock.monotonicMs()), () => void flush())
  }

  async function flush(): Promise<void> {
    callOff?.()
    callOff = undefined
    while (writing !== undefined) await writing
    if (isEmpty()) return
    writing = work().finally(() => {
      writtenMs = clock.monotonicMs()
      writing = undefined
      schedule()
    })
    await writing
  }

  return {
    schedule,
    flush,
    end() {
      ended = true
      callOff?.()
      callOff = undefined
    },
  }
}

export function createWriter(options: WriterOptions): Writer {
  const { store, clock, current, makeRoom } = options
  const queue: Queue = { facts: [], dropped: 0 }
  let closed = false

  async function following<T>(work: () => Promise<T>): Promise<T> {
    const before = store.place
    const result = await work()
    if (store.place !== before) queue.facts.unshift(...current())
    return result
  }

  const turns = createTurns(
    clock,
    () => queue.facts.length === 0,
    async () => {
      await following(() => store.check({ sync: false }))
      await write(queue, options)
    },
  )

  return {
    add(fact, hints) {
      if (store.place === undefined || closed) return
      if (queue.facts.length >= (hints?.spare === true ? SPARE_MAX : WAITING_MAX)) {
        queue.dropped++
        return
      }
      queue.facts.push(fact)
      turns.schedule()
    },
    flush: turns.flush,
    following,
    attempt(work) {
      try {
        withRoom(work, makeRoom)
      } catch (err) {
        store.fall(err)
        queue.facts.unshift(...current())
        turns.schedule()
      }
    },
    get dropped() {
      return queue.dropped
    },
    async close() {
      await turns.flush()
      closed = true
      turns.end()
    },
  }
}
