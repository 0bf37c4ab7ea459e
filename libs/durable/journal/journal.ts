import type { FileHandle } from 'node:fs/promises'
import { RecordTooLargeError } from '../errors.ts'
import { closeFiles, type JournalFiles, SEGMENT_NAMES, writeAt } from './files.ts'
import { type Frame, type FrameKind, frameBytes, MAX_BODY_BYTES, renderFrame } from './frame.ts'
import { HEADER_SALT, renderHeader, type SegmentHeader } from './segment.ts'

/** What a journal is of: its records as bytes and back, and what follows from them. Pure. */
export interface JournalShape<R, S> {
  readonly encode: (record: R) => Uint8Array
  /** @throws what it likes for bytes that are none, or of a kind that this version does not know */
  readonly decode: (bytes: Uint8Array) => R
  /**
   * What counts in the place of a record that `decode` throws for, where it can be passed over; undefined: it cannot, and the journal is
   * damaged. Default: none can.
   */
  readonly standIn?: (bytes: Uint8Array) => R | undefined
  /** A whole number that grows with this version: a journal that asks for a higher one is not opened. Default 1. */
  readonly reader?: number
  /** What a journal asks for that this version writes: raised with a kind of record that no earlier one may pass over. Default 1. */
  readonly minReader?: number
  /** As it is before the first record. */
  readonly empty: S
  /** What throws here is not written, and counts for nothing where it stands. */
  readonly fold: (state: S, record: R) => S
  /** The same for many at once, where that can be had for less; what throws there is folded one by one. Default: `fold`. */
  readonly replay?: (state: S, records: Iterable<R>) => S
  /** At most so many bytes of it: what has no room is forgotten, and the state is as `decodeState` reads it from then on. */
  readonly encodeState: (state: S, maxBytes: number) => Uint8Array
  readonly decodeState: (bytes: Uint8Array) => S
}

/** Records in the order in which they were appended, and the state that follows from them. */
export interface Journal<R, S> {
  /** Drawn when it was begun: with a record's number it names that record for good. */
  readonly id: string
  /** What all records that `append` resolved for make of the empty state. */
  readonly state: S
  /**
   * Resolves with the record's number when it is on the disk, and counted in `state`. It needs no room: that was set aside when the
   * journal was begun. Rejects with what the file system says, and is as before; whether the record is there after a power cut
   * is open then.
   * @throws RecordTooLargeError, and what `fold` says
   */
  append(record: R): Promise<number>
  /** The same, unless it may not by the state when it has its turn behind all that was asked for before: undefined, and nothing is written. */
  appendIf(record: R, may: (state: S) => boolean): Promise<number | undefined>
  /** Does something else when it has its turn behind all that was asked for before: what comes after waits for it. */
  behind<T>(work: () => Promise<T>): Promise<T>
  /** Closes the files when all that was asked for is done. Idempotent. */
  close(): Promise<void>
}

const CLOSED_BYTES = frameBytes(0)
/** A header with its frame takes less. */
const HEADER_BYTES = 512

/** Where the next frame goes. */
export interface Tip {
  readonly segment: 0 | 1
  readonly header: SegmentHeader
  readonly at: number
  readonly last: Pick<Frame, 'sequence' | 'crc'>
}

function otherOf(segment: 0 | 1): 0 | 1 {
  return segment === 0 ? 1 : 0
}

/** A frame behind `last`. */
function next(kind: FrameKind, body: Uint8Array, last: Tip['last'], salt: number) {
  const sequence = last.sequence + 1
  const { bytes, crc } = renderFrame({ kind, sequence, before: last.crc, body }, salt)
  return { bytes, last: { sequence, crc } }
}

/** Bytes that a state may have in a file of so many: it leaves half of it to records, and is read back. */
export function stateMaxBytes(segmentBytes: number): number {
  return Math.min(MAX_BODY_BYTES, Math.floor(segmentBytes / 2) - HEADER_BYTES)
}

/** Begins a file: its header and the state, in one write. @throws RecordTooLargeError */
export async function begin(file: FileHandle, tip: Omit<Tip, 'at'>, state: Uint8Array): Promise<Tip> {
  const largest = stateMaxBytes(tip.header.bytes)
  if (state.length > largest) throw new RecordTooLargeError(SEGMENT_NAMES[tip.segment], state.length, largest)
  const header = next('header', renderHeader(tip.header), tip.last, HEADER_SALT)
  const stated = next('state', state, header.last, tip.header.salt)
  const bytes = Buffer.concat([header.bytes, stated.bytes])
  await writeAt(file, bytes, 0)
  await file.datasync()
  return { ...tip, at: bytes.length, last: stated.last }
}

/** Says in a file that the journal goes on in the other one. */
export async function closeSegment(file: FileHandle, { at, last, header }: Tip): Promise<void> {
  const closed = next('closed', Buffer.alloc(0), last, header.salt)
  await writeAt(file, closed.bytes, at)
  await file.datasync()
}

/** The journal from there on. */
export function journalOf<R, S>(
  shape: JournalShape<R, S>,
  journalFiles: JournalFiles,
  from: { readonly tip: Tip; readonly state: S },
): Journal<R, S> {
  const { files } = journalFiles
  let { tip, state } = from
  let queue: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  const { minReader = 1 } = shape

  /** Goes on in the other file, with the state as it is; this one stands as it is until then. */
  async function turn(): Promise<void> {
    const segment = otherOf(tip.segment)
    const { header: before } = tip
    const header = { ...before, epoch: before.epoch + 1, minReader: Math.max(before.minReader, minReader) }
    const body = shape.encodeState(state, stateMaxBytes(header.bytes))
    // What could not be read back at the next start is no state to go on with.
    const read = shape.decodeState(body)
    const turned = await begin(files[segment], { segment, header, last: tip.last }, body)
    const left = tip
    tip = turned
    state = read
    // From here on the other file is the journal, whether this one says so or not: that is said again when it is opened.
    await closeSegment(files[left.segment], left).catch(() => undefined)
  }

  async function write(record: R): Promise<number> {
    const body = shape.encode(record)
    const largest = Math.min(MAX_BODY_BYTES, tip.header.bytes / 4)
    if (body.length > largest) throw new RecordTooLargeError(SEGMENT_NAMES[tip.segment], body.length, largest)
    const isFull = tip.at + frameBytes(body.length) + CLOSED_BYTES > tip.header.bytes
    // A file says what it asks for before it holds the first record that does.
    if (isFull || tip.header.minReader < minReader) await turn()
    // Before it is on the disk: what counts for nothing here would count for nothing, or for damage, at the next start.
    const folded = shape.fold(state, record)
    const { bytes, last } = next('record', body, tip.last, tip.header.salt)
    await writeAt(files[tip.segment], bytes, tip.at)
    await files[tip.segment].datasync()
    tip = { ...tip, at: tip.at + bytes.length, last }
    state = folded
    return last.sequence
  }

  /** Behind all that was asked for before. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work)
    queue = done.catch(() => undefined)
    return done
  }

  return {
    get id() {
      return tip.header.journal
    },
    get state() {
      return state
    },
    append: (record) => inTurn(() => write(record)),
    behind: inTurn,
    appendIf: (record, may) => inTurn(async () => (may(state) ? write(record) : undefined)),
    close() {
      closing ??= queue.then(() => closeFiles(journalFiles))
      return closing
    },
  }
}
