/** What is new in a text that grows at its end and is cut at its beginning. Pure. */

/** So many lines in a row that are equal are the same ones. */
const ANCHOR_LINES = 32

/**
 * The lines of `now` that were not in `before`; all of them, as lost, where the two have nothing in common: what stood
 * between them is gone.
 */
export function newLines(
  before: readonly string[],
  now: readonly string[],
): { readonly lines: readonly string[]; readonly isLost: boolean } {
  if (before.length === 0) return { lines: now, isLost: false }
  const anchor = before.slice(-ANCHOR_LINES)
  for (let end = now.length; end > 0; end--) {
    const part = now.slice(Math.max(0, end - anchor.length), end)
    if (part.every((line, i) => line === anchor[anchor.length - part.length + i])) {
      return { lines: now.slice(end), isLost: false }
    }
  }
  return { lines: now, isLost: true }
}
