/** One of a journal's two files, as it is read. Pure: bytes in, what they are out. */
import { type Frame, findFrame, holdsMore, isMeantAs, readFrame } from './frame.ts'

/** What the first frame of a file says. */
export interface SegmentHeader {
  /** Drawn when the journal was begun. */
  readonly journal: string
  /** Whose journal it is: the machine's id. */
  readonly identity: string
  /** Counts the beginnings of a file, over both: the higher one is in use. */
  readonly epoch: number
  /** Of the file. */
  readonly bytes: number
  /** Of every checksum of this journal but its headers'. */
  readonly salt: number
  /** Whoever knows less may not pass over what it does not know: 1 of those that do not say so. */
  readonly minReader: number
}

/** A file of a journal. */
export type Segment =
  /** Nothing was ever written there, or it is not there. */
  | { readonly kind: 'blank'; readonly bytes: number }
  /** Its beginning is not whole: it was being begun, or is damaged. `isRecorded`: something stands behind it that could be a record. */
  | { readonly kind: 'no-beginning'; readonly isRecorded: boolean; readonly bytes: number }
  | { readonly kind: 'read'; readonly header: SegmentHeader; readonly content: SegmentContent }

/** The frames of a file from its state on. */
export interface SegmentContent {
  /** Number of its header. */
  readonly first: number
  readonly state: Frame
  readonly records: readonly Frame[]
  /** The journal goes on in the other file. */
  readonly isClosed: boolean
  /** Where the next frame is to stand. */
  readonly end: number
  /** The last frame. */
  readonly last: Pick<Frame, 'sequence' | 'crc'>
  /** A frame stands there half: it was being written when its process or the machine ended. */
  readonly isTorn: boolean
  /** Where it is damaged before its end, in bytes; undefined: it is not. */
  readonly damagedAt: number | undefined
}

/** The salt of headers: they say the salt of all others. */
export const HEADER_SALT = 0x4e_44_4a_31

const FORMAT = 1

/** The body of a header's frame. */
export function renderHeader(header: SegmentHeader): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...header }))
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

function parseHeader(body: Buffer): SegmentHeader | undefined {
  const read = jsonOf(body)
  if (typeof read !== 'object' || read === null) return undefined
  const { format, journal, identity, ...numbers }: Record<string, unknown> = { ...read }
  if (format !== FORMAT) return undefined
  const epoch = numberOf(numbers['epoch'])
  const bytes = numberOf(numbers['bytes'])
  const salt = numberOf(numbers['salt'])
  if (typeof journal !== 'string' || typeof identity !== 'string') return undefined
  const minReader = numberOf(numbers['minReader'] ?? 1)
  if (epoch === undefined || bytes === undefined || salt === undefined || minReader === undefined) return undefined
  return { journal, identity, epoch, bytes, salt, minReader }
}

function headerOf(file: Buffer): { readonly header: SegmentHeader; readonly frame: Frame } | undefined {
  const frame = readFrame(file, 0, HEADER_SALT)
  if (frame?.kind !== 'header') return undefined
  const header = parseHeader(frame.body)
  return header === undefined ? undefined : { header, frame }
}

/** Follows the chain from `start` to where it ends. */
function chainFrom(
  file: Buffer,
  start: number,
  first: Frame,
  salt: number,
): { frames: Frame[]; end: number; last: Frame } {
  const frames: Frame[] = []
  let end = start
  let last = first
  for (;;) {
    const frame = readFrame(file, end, salt)
    if (frame === undefined || frame.sequence !== last.sequence + 1 || frame.before !== last.crc) break
    frames.push(frame)
    last = frame
    end += frame.bytes
    if (frame.kind === 'closed') break
  }
  return { frames, end, last }
}

/** Number of the state of a journal that was just begun: its records have higher ones. */
const FIRST_STATE = 2
/** Behind these bytes nothing of a journal's very first beginning stands. */
const FIRST_BYTES = 4096

function noBeginning(file: Buffer): Segment {
  const isRecorded = file.subarray(FIRST_BYTES).some((byte) => byte !== 0) || holdsMore(file, FIRST_STATE)
  return { kind: 'no-beginning', isRecorded, bytes: file.length }
}

/** What a file of a journal holds. It never throws, whatever the bytes are. */
export function readSegment(file: Buffer): Segment {
  const begun = headerOf(file)
  if (begun === undefined)
    return file.every((byte) => byte === 0) ? { kind: 'blank', bytes: file.length } : noBeginning(file)
  const { header, frame } = begun
  const { frames, end, last } = chainFrom(file, frame.bytes, frame, header.salt)
  const [state, ...others] = frames
  const further = last.kind === 'closed' ? undefined : findFrame(file, end, last.sequence + 1, header.salt)
  if (state?.kind !== 'state' && further === undefined) return noBeginning(file)
  const isTruncated = file.length !== header.bytes
  const content: SegmentContent = {
    first: frame.sequence,
    state: state ?? frame,
    records: others.filter(({ kind }) => kind === 'record'),
    isClosed: last.kind === 'closed',
    end,
    last,
    isTorn: isMeantAs(last.sequence + 1, file, end),
    damagedAt: further !== undefined || isTruncated ? end : undefined,
  }
  return { kind: 'read', header, content }
}
