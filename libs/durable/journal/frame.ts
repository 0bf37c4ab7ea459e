/** One frame of a journal: length, CRC-32, sequence, CRC of the frame before, kind, body; the next begins at a multiple of eight. */
import { crc32 } from 'node:zlib'

/** What a frame holds: the beginning of a file, the state as of then, a record, or that the journal goes on in the other file. */
export type FrameKind = 'header' | 'state' | 'record' | 'closed'

const KINDS: readonly FrameKind[] = ['header', 'state', 'record', 'closed']
/** length (4), CRC (4), sequence (8), CRC of the frame before (4), kind (1). */
const HEAD_BYTES = 21
const CRC_AT = 4
const SEQUENCE_AT = 8
const BEFORE_AT = 16
const KIND_AT = 20
const ALIGNMENT = 8

/** Bytes that a body may have: what is longer is no frame, whatever its checksum. */
export const MAX_BODY_BYTES = 2 * 1024 ** 2

/** A frame as it is read. */
export interface Frame {
  readonly kind: FrameKind
  /** Counts every frame of a journal, over both files, from 1. */
  readonly sequence: number
  /** CRC of the frame before it; 0 of the first. */
  readonly before: number
  readonly crc: number
  readonly body: Buffer
  /** Bytes that it takes, with what fills it up. */
  readonly bytes: number
}

/** Bytes that a frame with such a body takes. */
export function frameBytes(bodyBytes: number): number {
  return Math.ceil((HEAD_BYTES + bodyBytes) / ALIGNMENT) * ALIGNMENT
}

/** Over all of a frame but its own CRC. Each journal has a salt, so that no body can hold what would pass for a frame of it. */
function sumOf(frame: Buffer, salt: number): number {
  return crc32(frame.subarray(SEQUENCE_AT), crc32(frame.subarray(0, CRC_AT), salt))
}

/** A frame as it is written. */
export function renderFrame(
  { kind, sequence, before, body }: Pick<Frame, 'kind' | 'sequence' | 'before'> & { readonly body: Uint8Array },
  salt: number,
): { readonly bytes: Buffer; readonly crc: number } {
  const bytes = Buffer.alloc(frameBytes(body.length))
  bytes.writeUInt32LE(body.length, 0)
  bytes.writeBigUInt64LE(BigInt(sequence), SEQUENCE_AT)
  bytes.writeUInt32LE(before, BEFORE_AT)
  bytes.writeUInt8(KINDS.indexOf(kind) + 1, KIND_AT)
  bytes.set(body, HEAD_BYTES)
  const crc = sumOf(bytes.subarray(0, HEAD_BYTES + body.length), salt)
  bytes.writeUInt32LE(crc, CRC_AT)
  return { bytes, crc }
}

/** As much of a frame's head as says whether one could begin there. */
function headAt(file: Buffer, at: number): { readonly kind: FrameKind; readonly end: number } | undefined {
  if (at + HEAD_BYTES > file.length) return undefined
  const kind = KINDS[file.readUInt8(at + KIND_AT) - 1]
  const end = at + HEAD_BYTES + file.readUInt32LE(at)
  if (kind === undefined || end > file.length || end - at - HEAD_BYTES > MAX_BODY_BYTES) return undefined
  return { kind, end }
}

/** The frame that begins there; undefined where none does, or its checksum is another's. */
export function readFrame(file: Buffer, at: number, salt: number): Frame | undefined {
  const head = headAt(file, at)
  if (head === undefined) return undefined
  const crc = file.readUInt32LE(at + CRC_AT)
  if (sumOf(file.subarray(at, head.end), salt) !== crc) return undefined
  const body = file.subarray(at + HEAD_BYTES, head.end)
  const sequence = Number(file.readBigUInt64LE(at + SEQUENCE_AT))
  return {
    kind: head.kind,
    sequence,
    before: file.readUInt32LE(at + BEFORE_AT),
    crc,
    body,
    bytes: frameBytes(body.length),
  }
}

/** Whether what begins there was to be the frame of this number. */
export function isMeantAs(sequence: number, file: Buffer, at: number): boolean {
  return at + HEAD_BYTES <= file.length && file.readBigUInt64LE(at + SEQUENCE_AT) === BigInt(sequence)
}

/** Whether a record's head of any journal stands there, or that it went on elsewhere, whatever became of what is behind it. */
export function holdsMore(file: Buffer, than: number): boolean {
  for (let at = 0; at + HEAD_BYTES <= file.length; at += ALIGNMENT) {
    const kind = headAt(file, at)?.kind
    if ((kind === 'record' || kind === 'closed') && file.readBigUInt64LE(at + SEQUENCE_AT) > BigInt(than)) return true
  }
  return false
}

/** Where a whole frame of at least this number begins, from `from` on; undefined: nowhere. */
export function findFrame(file: Buffer, from: number, atLeast: number, salt: number): number | undefined {
  for (let at = from; at + HEAD_BYTES <= file.length; at += ALIGNMENT) {
    if (headAt(file, at) === undefined || file.readBigUInt64LE(at + SEQUENCE_AT) < BigInt(atLeast)) continue
    if (readFrame(file, at, salt) !== undefined) return at
  }
  return undefined
}
