/**
 * Finds which of many words are in a text, in one pass over its bytes (Aho and Corasick, as a table of all moves).
 * ASCII letters are read in lower case.
 */
export interface Automaton {
  /**
   * Calls for each word that is there, once for each place where it ends. Says whether the text has bytes beyond ASCII.
   */
  scan(bytes: Uint8Array, found: (word: number) => void): boolean
}

/** A table of more moves than this is not made: it would take 4 MiB, of very many states 8, and twice as much more while it is made. */
const MAX_MOVES = 1024 * 1024
/** So many bytes of a word tell it from others; what is behind them is left to the expression. */
const LENGTHS = [24, 12, 6, 3, 1] as const

/** Words in lower case, one character for each byte, none of them empty. */
export function createAutomaton(words: readonly string[]): Automaton {
  const classes = classesOf(words)
  const width = Math.max(...classes) + 1
  let trie = trieOf(words, classes, width, LENGTHS[0])
  for (const length of LENGTHS.slice(1)) {
    if (trie !== undefined) break
    trie = trieOf(words, classes, width, length)
  }
  const { table, shift, firstEnd, ends } = tableOf(withFallbacks(trie as Trie, width), width)

  return {
    scan(bytes, found) {
      let seen = 0
      let state = 0
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i] as number
        seen |= byte
        state = table[(state << shift) + (classes[byte] as number)] as number
        if (state >= firstEnd) for (const word of ends[state - firstEnd] as readonly number[]) found(word)
      }
      return seen >= 0x80
    },
  }
}

interface Table {
  /** Each state's row: by class which is next. */
  readonly table: Uint16Array | Uint32Array
  /** A row is so many times two long: of numbers of states two bytes are enough, of places in the table they are not. */
  readonly shift: number
  /** From here on they are states in which a word ends. */
  readonly firstEnd: number
  /** Their words, in the order of the rows. */
  readonly ends: readonly (readonly number[])[]
}

/** Puts the states in which words end behind the others, so that one comparison tells them. */
function tableOf({ moves, ends }: Trie, width: number): Table {
  const states = [...ends.keys()]
  const plain = states.filter((state) => ends[state]?.length === 0)
  const ending = states.filter((state) => ends[state]?.length !== 0)
  const order = [...plain, ...ending]
  const rows = new Uint32Array(states.length)
  for (const [row, state] of order.entries()) rows[state] = row
  const shift = Math.ceil(Math.log2(width))
  const table = new (states.length <= 0xffff ? Uint16Array : Uint32Array)(states.length << shift)
  for (const [row, state] of order.entries()) {
    for (let each = 0; each < width; each++) {
      table[(row << shift) + each] = rows[moves[state * width + each] as number] as number
    }
  }
  return { table, shift, firstEnd: plain.length, ends: ending.map((state) => ends[state] as number[]) }
}

/** A number for each byte: 0 for those that no word has; the same for both cases of a letter. */
function classesOf(words: readonly string[]): Uint8Array {
  const classes = new Uint8Array(256)
  let count = 0
  for (const word of words) {
    for (let i = 0; i < word.length; i++) {
      const byte = word.charCodeAt(i)
      if (classes[byte] === 0) classes[byte] = ++count
    }
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classes[upper] = classes[upper + 0x20] as number
  return classes
}

interface Trie {
  /** Of each state, by class; 0 for none: nothing leads back to the start. */
  readonly moves: number[]
  /** Words that end in each state. */
  readonly ends: number[][]
}

/** Undefined where the table would be too large with words of that length. */
function trieOf(words: readonly string[], classes: Uint8Array, width: number, length: number): Trie | undefined {
  const moves: number[] = Array.from({ length: width }, () => 0)
  const ends: number[][] = [[]]
  for (const [index, word] of words.entries()) {
    let state = 0
    for (let i = 0; i < Math.min(word.length, length); i++) {
      const move = state * width + (classes[word.charCodeAt(i)] as number)
      if (moves[move] === 0) {
        if (moves.length + width > MAX_MOVES && length > 1) return undefined
        moves[move] = ends.push([]) - 1
        for (let each = 0; each < width; each++) moves.push(0)
      }
      state = moves[move] as number
    }
    ends[state]?.push(index)
  }
  return { moves, ends }
}

/** Fills in where each state goes when its word does not go on: to the longest end of it with which another begins. */
function withFallbacks({ moves, ends }: Trie, width: number): Trie {
  const fallback = new Uint32Array(ends.length)
  const waiting = moves.slice(0, width).filter((state) => state !== 0)
  for (let turn = 0; turn < waiting.length; turn++) {
    const state = waiting[turn] as number
    const behind = fallback[state] as number
    ends[state]?.push(...(ends[behind] as number[]))
    for (let each = 0; each < width; each++) {
      const move = state * width + each
      const other = moves[behind * width + each] as number
      const next = moves[move] as number
      if (next === 0) moves[move] = other
      else {
        fallback[next] = other
        waiting.push(next)
      }
    }
  }
  return { moves, ends }
}
