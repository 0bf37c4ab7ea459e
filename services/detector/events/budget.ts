/**
 * What each monitor may have of a stream of events that no reader has taken yet. A source has at most an eighth of the room,
 * and at most a quarter of what is free of it, so that something is left for whoever comes next, however many are full; what
 * was found by its socket has half of the room together. Warnings fill half of a source's part and errors three quarters, so
 * that its criticals come before them. Pure.
 */
import { DETECTOR, type NodeEvent } from '#model'
import { type Accounts, createAccounts } from './accounts.ts'
import { type Chunk, enter, leave, type Stored } from './chunks.ts'

/** What the books cannot foresee: events told again, and those kept beyond a reboot. */
const RESERVE_SHARE = 1 / 8
/** The server's frame and subject, two times, a count, and the tags and lengths of the fields. */
const FRAME_BYTES = 200
/** Worth asking the readers: when this much stands in the books. */
const ASK_SHARE = 1 / 32

type Words = Pick<NodeEvent, 'id' | 'monitor' | 'check' | 'entity' | 'reason' | 'message' | 'source'>
/** Enough of an event to keep the books: as the model or as the protocol has it. */
export type Booked = Words & Pick<NodeEvent, 'count'>

/** At most so many bytes of the stream: its words in UTF-8, the reason in the subject once more. */
export function sizeOf({ id, monitor, check, entity, reason, message, source = '' }: Words): number {
  let bytes = FRAME_BYTES + Math.min(64, reason.length)
  for (const text of [id, monitor, check, entity, reason, message, source]) {
    bytes += text.length
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) bytes += 2
  }
  return bytes
}

/** On whose part it goes. What the detector says of a monitor is apart for each, so that none takes the place of others. */
function accountOf({ monitor, entity }: Words): string {
  return monitor === DETECTOR && entity.startsWith('monitor:') ? `${DETECTOR} of ${entity}` : monitor
}

function causeOf({ monitor, entity }: Words): string {
  return monitor === DETECTOR && entity.startsWith('monitor:') ? entity.slice('monitor:'.length) : monitor
}

export interface StreamReading {
  /** Found in the stream: another life of the detector put it there, or the answer was lost. */
  found(event: Booked, sequence: number): void
  /** What was known of the stream before is void; what is on its way to it stays in the books. */
  done(): void
}

export interface Budget {
  /** Takes it into the books, or says that there is no room: it is not to be told. */
  offer(event: NodeEvent): boolean
  /** The stream has it, at this sequence. */
  stored(event: Booked, sequence: number): void
  /** It will never be in the stream. */
  lost(event: Booked): void
  /** Reads the stream anew. What was known of it stands in the books until all of it is read. */
  reading(): StreamReading
  /** Everything up to this sequence is taken, or gone. */
  taken(upTo: number): void
  /** Whether there is enough in the books that it is worth asking what was taken. */
  readonly isWorthAsking: boolean
  /** Bytes of all sources in the books. */
  readonly bytes: number
  /** Bytes that all sources may have together. */
  readonly room: number
}

/** What is on its way to a stream, and what stands in it. */
interface Books {
  readonly accounts: Accounts
  /** On their way to the stream: how many of each. */
  readonly pending: Map<string, number>
  chunks: Chunk[]
}

function keyOf({ id, count }: Booked): string {
  return `${count} ${id}`
}

function storedAt(event: Booked, sequence: number): Stored {
  return { name: accountOf(event), size: sizeOf(event), sequence }
}

/** It is on its way no longer; nothing, where it never was. */
function arrived({ accounts, pending }: Books, event: Booked): void {
  const key = keyOf(event)
  const copies = pending.get(key)
  if (copies === undefined) return
  if (copies > 1) pending.set(key, copies - 1)
  else pending.delete(key)
  accounts.charge(accountOf(event), -sizeOf(event))
}

/** Charges what stands in the stream (1), or gives it back (-1). */
function settle({ accounts }: Books, chunks: readonly Chunk[], sign: 1 | -1): void {
  for (const { bytes } of chunks) for (const [name, size] of bytes) accounts.charge(name, sign * size)
}

/** What is read stands apart until all of it is: what was known before is given back only then. */
function readAnew(books: Books): StreamReading {
  const read: Chunk[] = []
  return {
    found: (event, sequence) => enter(read, storedAt(event, sequence)),
    done() {
      settle(books, books.chunks, -1)
      settle(books, read, 1)
      books.chunks = read
    },
  }
}

/**
 * The books of one stream, empty at first.
 * @param streamBytes what the stream may hold
 * @param isDiscovered whether a monitor was found by its socket and is named nowhere
 */
export function createBudget(streamBytes: number, isDiscovered: (monitor: string) => boolean): Budget {
  const accounts = createAccounts(Math.floor(streamBytes * (1 - RESERVE_SHARE)))
  const { fullness } = accounts
  const books: Books = { accounts, pending: new Map(), chunks: [] }
  return {
    offer(event) {
      const claim = { severity: event.severity, isDiscovered: isDiscovered(causeOf(event)) }
      if (!accounts.claim(accountOf(event), sizeOf(event), claim)) return false
      const key = keyOf(event)
      books.pending.set(key, (books.pending.get(key) ?? 0) + 1)
      return true
    },
    stored(event, sequence) {
      const stored = storedAt(event, sequence)
      arrived(books, event)
      enter(books.chunks, stored)
      accounts.charge(stored.name, stored.size)
    },
    lost: (event) => arrived(books, event),
    reading: () => readAnew(books),
    taken: (upTo) => settle(books, leave(books.chunks, upTo), -1),
    get isWorthAsking() {
      return fullness.bytes > fullness.room * ASK_SHARE
    },
    get bytes() {
      return fullness.bytes
    },
    room: fullness.room,
  }
}
