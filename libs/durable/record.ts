/** One record as a line: its checksum in eight hexadecimal digits, a space, its text. Readable by people too. */
import { crc32 } from 'node:zlib'

const LINE_BREAK = 0x0a
const HEAD = 9

function sumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0')
}

/** The record's line, with its end. The text holds no line break. */
export function renderRecord(text: string): string {
  return `${sumOf(Buffer.from(text))} ${text}\n`
}

/** The text of a line without its end; undefined where the checksum is another's, or is none. */
export function parseRecord(line: Buffer): string | undefined {
  if (line.length < HEAD || line[HEAD - 1] !== 0x20) return undefined
  const text = line.subarray(HEAD)
  return line.toString('latin1', 0, HEAD - 1) === sumOf(text) ? text.toString() : undefined
}

/** Whole lines without their ends, and how many bytes they are; what follows them has no end. */
export function splitLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly wholeBytes: number } {
  const lines: Buffer[] = []
  let from = 0
  for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK, from)) {
    if (end > from) lines.push(bytes.subarray(from, end))
    from = end + 1
  }
  return { lines, wholeBytes: from }
}
