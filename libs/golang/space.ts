/** White space as Go's `unicode.IsSpace` has it: U+0085 is one, the byte-order mark is none. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const LEADING = new RegExp(`^${SPACE}+`)
const IS_SPACE = new RegExp(SPACE)

/** Text without the white space at its ends, as Go's `strings.TrimSpace` leaves it. */
export function trimSpace(text: string): string {
  const begun = text.replace(LEADING, '')
  let end = begun.length
  // An expression held to the end would look from each place on.
  while (end > 0 && IS_SPACE.test(begun[end - 1] as string)) end--
  return begun.slice(0, end)
}
