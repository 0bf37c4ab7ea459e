/**
 * What each monitor may have of a stream of events that no reader has taken yet. A source has at most an eighth of the room,
 * and at most a quarter of what is free of it, so that something is left for whoever comes next, however many are full; what
 * was found by its socket has half of the room together. Warnings fill half of a source's part and errors three quarters, so
 * that its criticals come before them. Pure.
 */
import { DETECTOR, type NodeEvent, type Severity } from '#model'

/** What the books cannot foresee: events told again, and those kept beyond a reboot. */
const RESERVE_SHARE = 1 / 8
const SOURCE_SHARE = 1 / 8
const FREE_SHARE = 1 / 4
const DISCOVERED_SHARE = 1 / 2
/** How much of its part a source may fill with events of each severity. */
const SEVERITY_SHARE: Readonly<Record<Severity, number>> = { info: 1, warning: 1 / 2, error: 3 / 4, critical: 1 }
/** Sequences that are taken off the books together. */
const CHUNK = 16
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

interface Account {
  bytes: number
  isDiscovered: boolean
}

/** Neighbours in the stream, what each source has of them. */
interface Chunk {
  last: number
  count: number
  readonly bytes: Map<string, number>
}

/**
 * @param streamBytes what the stream may hold
 * @param isDiscovered whether a monitor was found by its socket and is named nowhere
 */
export function createBudget(streamBytes: number, isDiscovered: (monitor: string) => boolean): Budget {
  const room = Math.floor(streamBytes * (1 - RESERVE_SHARE))
  const accounts = new Map<string, Account>()
  /** On their way to the stream: how many of each. */
  const pending = new Map<string, number>()
  let chunks: Chunk[] = []
  let bytes = 0
  let ofDiscovered = 0

  function charge(name: string, by: number): void {
    const account = accounts.get(name) ?? { bytes: 0, isDiscovered: false }
    account.bytes += by
    bytes += by
    if (account.isDiscovered) ofDiscovered += by
    if (account.bytes > 0) accounts.set(name, account)
    else accounts.delete(name)
  }

  function accountFor(event: NodeEvent): Account {
    const account = accounts.get(accountOf(event)) ?? { bytes: 0, isDiscovered: false }
    const now = isDiscovered(causeOf(event))
    if (now !== account.isDiscovered) ofDiscovered += now ? account.bytes : -account.bytes
    account.isDiscovered = now
    return account
  }

  /** What one account may hold with an event of this severity. */
  function limitOf({ isDiscovered: isFound }: Account, severity: Severity): number {
    const left = room - bytes
    const free = isFound ? Math.min(left, room * DISCOVERED_SHARE - ofDiscovered) : left
    return Math.min(room * SOURCE_SHARE, free * FREE_SHARE) * SEVERITY_SHARE[severity]
  }

  function keyOf({ id, count }: Booked): string {
    return `${count} ${id}`
  }

  /** False: it was not on its way. */
  function arrived(event: Booked): boolean {
    const key = keyOf(event)
    const copies = pending.get(key)
    if (copies === undefined) return false
    if (copies > 1) pending.set(key, copies - 1)
    else pending.delete(key)
    charge(accountOf(event), -sizeOf(event))
    return true
  }

  function enter(of: Chunk[], event: Booked, sequence: number): void {
    const name = accountOf(event)
    let chunk = of.at(-1)
    if (chunk === undefined || chunk.count >= CHUNK) {
      chunk = { last: 0, count: 0, bytes: new Map() }
      of.push(chunk)
    }
    chunk.last = Math.max(chunk.last, sequence)
    chunk.count++
    chunk.bytes.set(name, (chunk.bytes.get(name) ?? 0) + sizeOf(event))
  }

  function release({ bytes: of }: Chunk): void {
    for (const [name, size] of of) charge(name, -size)
  }

  return {
    offer(event) {
      const account = accountFor(event)
      const size = sizeOf(event)
      if (account.bytes + size > limitOf(account, event.severity)) return false
      accounts.set(accountOf(event), account)
      charge(accountOf(event), size)
      const key = keyOf(event)
      pending.set(key, (pending.get(key) ?? 0) + 1)
      return true
    },
    stored(event, sequence) {
      arrived(event)
      enter(chunks, event, sequence)
      charge(accountOf(event), sizeOf(event))
    },
    lost: (event) => void arrived(event),
    reading() {
      const read: Chunk[] = []
      return {
        found: (event, sequence) => enter(read, event, sequence),
        done() {
          for (const chunk of chunks) release(chunk)
          for (const { bytes: of } of read) for (const [name, size] of of) charge(name, size)
          chunks = read
        },
      }
    },
    taken(upTo) {
      while (chunks[0] !== undefined && chunks[0].last <= upTo) release(chunks.shift() as Chunk)
    },
    get isWorthAsking() {
      return bytes > room * ASK_SHARE
    },
    get bytes() {
      return bytes
    },
    room,
  }
}
