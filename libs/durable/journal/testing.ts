/** For tests of journals: one of words, whose state is what was said, counted and hashed. */
import type { JournalShape } from './journal.ts'

/** What the words of a journal come to. */
export interface Told {
  readonly count: number
  readonly words: readonly string[]
}

/** Keeps the last three words, and counts all. */
export const WORDS: JournalShape<string, Told> = {
  encode: (word) => Buffer.from(word),
  decode: (bytes) => {
    const word = Buffer.from(bytes).toString()
    if (word.startsWith('of a later version')) throw new Error('no such word')
    return word
  },
  standIn: (bytes) => (Buffer.from(bytes).toString() === 'of a later version, to be passed over' ? '…' : undefined),
  empty: { count: 0, words: [] },
  fold: ({ count, words }, word) => ({ count: count + 1, words: [...words, word].slice(-3) }),
  encodeState({ count, words }, maxBytes) {
    const body = Buffer.from(JSON.stringify({ count, words }))
    return body.length <= maxBytes ? body : Buffer.from(JSON.stringify({ count, words: [] }))
  },
  decodeState: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
}

/** What they come to, told at once. */
export function toldOf(words: readonly string[]): Told {
  return { count: words.length, words: words.slice(-3) }
}
