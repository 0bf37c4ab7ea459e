/** White space as Go's `unicode.IsSpace` has it: U+0085 is one, the byte-order mark is none. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const LEADING = new RegExp(`^${SPACE}+`)
const IS_SPACE = new RegExp(SPACE)

/** The same white space in bytes of UTF-8, each byte a character. */
const SPACE_BYTES =
  '[\\t\\n\\v\\f\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80'
const LEADING_BYTES = new RegExp(`^(?:${SPACE_BYTES})+`)
const LAST_BYTES = new RegExp(`(?:${SPACE_BYTES})$`)
/** Of the longest of it. */
const SPACE_BYTES_MAX = 3

/** Text without the white space at its ends, as Go's `strings.TrimSpace` leaves it; of bytes also where they are no UTF-8. */
export function trimSpace(text: string): string
export function trimSpace(bytes: Buffer): Buffer
export function trimSpace(said: string | Buffer): string | Buffer {
  return typeof said === 'string' ? trimText(said) : trimBytes(said)
}

function trimText(text: string): string {
  const begun = text.replace(LEADING, '')
  let end = begun.length
  // An expression held to the end would look from each place on.
  while (end > 0 && IS_SPACE.test(begun[end - 1] as string)) end--
  return begun.slice(0, end)
}

function trimBytes(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const from = LEADING_BYTES.exec(text)?.[0].length ?? 0
  let end = text.length
  for (let found = true; found && end > from; ) {
    const last = LAST_BYTES.exec(text.slice(Math.max(from, end - SPACE_BYTES_MAX), end))
    found = last !== null
    end -= last?.[0].length ?? 0
  }
  return bytes.subarray(from, end)
}
