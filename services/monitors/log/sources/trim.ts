/** Bytes of a line without the white space at its ends, as Go's `bytes.TrimSpace` leaves them. Pure. */

/** White space beyond ASCII, as UTF-8: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
const WIDE = /^(?:\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)$/

function isAsciiSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

/** How many bytes of white space stand at a place; 0: none. @param at of its first byte, or with `isLast` of its last one */
function spaceAt(bytes: Buffer, at: number, isLast: boolean): number {
  const byte = bytes[at]
  if (byte === undefined) return 0
  if (byte < 0x80) return isAsciiSpace(byte) ? 1 : 0
  for (const length of [2, 3]) {
    const start = isLast ? at - length + 1 : at
    if (start >= 0 && WIDE.test(bytes.toString('latin1', start, start + length))) return length
  }
  return 0
}

/** The same memory, without copying. */
export function trimBytes(bytes: Buffer): Buffer {
  let start = 0
  let end = bytes.length
  for (let space = spaceAt(bytes, start, false); start < end && space > 0; space = spaceAt(bytes, start, false)) {
    start += space
  }
  for (let space = spaceAt(bytes, end - 1, true); end > start && space > 0; space = spaceAt(bytes, end - 1, true)) {
    end -= space
  }
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, Math.max(start, end))
}
