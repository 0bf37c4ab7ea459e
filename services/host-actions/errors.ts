/** What goes wrong here is an attempt's end, in words; only what nobody foresaw is an error. */

const WORDS_MAX = 512

/** An error in one line. */
export function wordsOf(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err)
  return text.replace(/\s+/g, ' ').slice(0, WORDS_MAX)
}
