/** How a file begins: by that it is known again. */
import { crc32 } from 'node:zlib'
import type { LogHead } from './types.ts'

/** By its first kilobyte a file is known again: lines of a log begin with their time. */
export const HEAD_BYTES = 1024

/** What those keep who know a file by these bytes. */
export function headOf(bytes: Buffer): LogHead {
  return { bytes: bytes.length, crc: crc32(bytes).toString(16).padStart(8, '0') }
}

/** The beginning of a file, as far as it was read. */
export interface KnownHead {
  readonly bytes: Buffer
  set(bytes: Buffer): void
  /** What was read on from a place in the file. */
  add(bytes: Buffer, offset: number): void
  /** By what those who saw the first `offset` bytes know the file again. */
  at(offset: number): LogHead
}

/** Nothing was read yet. */
export function createKnownHead(): KnownHead {
  let known: Buffer = Buffer.alloc(0)
  /** The same for all lines that end behind it, which is all but the first few. */
  let whole: LogHead | undefined

  function set(bytes: Buffer): void {
    known = bytes
    whole = undefined
  }
  return {
    get bytes() {
      return known
    },
    set,
    add(bytes, offset) {
      if (offset < HEAD_BYTES) set(Buffer.concat([known.subarray(0, offset), bytes]).subarray(0, HEAD_BYTES))
    },
    at(offset) {
      if (offset < known.length) return headOf(known.subarray(0, offset))
      whole ??= headOf(known)
      return whole
    },
  }
}
