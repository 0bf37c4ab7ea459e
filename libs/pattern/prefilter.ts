import { type Automaton, createAutomaton } from './automaton.ts'
import type { Needs } from './needs.ts'

/** Which words of a prefilter are in a line. */
export interface LineWords {
  /** Their numbers, each once. */
  readonly words: readonly number[]
  /** Words may stand there in letters that were not looked for. */
  readonly isBeyondAscii: boolean
  /** Whether it can make a pattern a candidate. A line that cannot may still have what such a line lacks. */
  readonly isLead: boolean
}

/** What is known of no line. */
export const NO_WORDS: LineWords = { words: [], isBeyondAscii: false, isLead: false }

/** Says which of many patterns a line may match, and which it cannot, from its bytes alone. */
export interface Prefilter {
  /** Reads a line, once for all patterns. */
  scan(line: Uint8Array): LineWords
  /** The patterns, by number and in order, that a text of these lines may match. The list is used again by the next call. */
  candidates(lines: readonly LineWords[]): readonly number[]
}

const NO_WORDS_BEYOND_ASCII: LineWords = { words: [], isBeyondAscii: true, isLead: true }

/** Of each pattern what it needs; of one that needs nothing known every line is a candidate. */
export function createPrefilter(needs: readonly Needs[]): Prefilter {
  const { words, rules } = numbered(needs)
  const always = indicesOf(rules, ({ clauses }) => clauses.length === 0)
  const alwaysBeyondAscii = indicesOf(rules, ({ clauses, isAsciiOnly }) => clauses.length === 0 || isAsciiOnly)
  /** Of each word the patterns that can do with it for their first clause. */
  const rulesOf: number[][] = words.map(() => [])
  for (const [rule, { clauses }] of rules.entries()) for (const word of new Set(clauses[0])) rulesOf[word]?.push(rule)
  const automaton: Automaton | undefined = words.length === 0 ? undefined : createAutomaton(words)
  const wordSeen = new Uint32Array(words.length)
  const ruleSeen = new Uint32Array(rules.length)
  let turn = 0
  const found: number[] = []
  const chosen: number[] = []

  const note = (word: number): void => {
    if (wordSeen[word] === turn) return
    wordSeen[word] = turn
    found.push(word)
  }

  const choose = (rule: number): void => {
    if (ruleSeen[rule] === turn) return
    ruleSeen[rule] = turn
    chosen.push(rule)
  }

  const isMet = (rule: number): boolean =>
    (rules[rule] as Rule).clauses.every((clause) => clause.some((word) => wordSeen[word] === turn))

  return {
    scan(line) {
      if (automaton === undefined) return NO_WORDS
      turn = nextTurn(turn, wordSeen, ruleSeen)
      const isBeyondAscii = automaton.scan(line, note)
      if (found.length === 0) return isBeyondAscii ? NO_WORDS_BEYOND_ASCII : NO_WORDS
      const isLead = isBeyondAscii || found.some((word) => (rulesOf[word] as readonly number[]).length > 0)
      return { words: found.splice(0), isBeyondAscii, isLead }
    },

    candidates(lines) {
      turn = nextTurn(turn, wordSeen, ruleSeen)
      chosen.length = 0
      const isBeyondAscii = lines.some((line) => line.isBeyondAscii)
      for (const rule of isBeyondAscii ? alwaysBeyondAscii : always) choose(rule)
      for (const line of lines) for (const word of line.words) wordSeen[word] = turn
      for (const line of lines) {
        for (const word of line.words) {
          for (const rule of rulesOf[word] as readonly number[]) if (isMet(rule)) choose(rule)
        }
      }
      return chosen.length < 2 ? chosen : chosen.sort((one, other) => one - other)
    },
  }
}

/** A number that is not in either list. */
function nextTurn(turn: number, ...lists: readonly Uint32Array[]): number {
  if (turn < 0xffff_ffff) return turn + 1
  for (const list of lists) list.fill(0)
  return 1
}

interface Rule {
  readonly clauses: readonly (readonly number[])[]
  readonly isAsciiOnly: boolean
}

function numbered(needs: readonly Needs[]): { words: string[]; rules: Rule[] } {
  const numbers = new Map<string, number>()
  const numberOf = (bytes: string): number => {
    const known = numbers.get(bytes) ?? numbers.size
    numbers.set(bytes, known)
    return known
  }
  const rules = needs.map((clauses) => ({
    clauses: clauses.map((clause) => clause.map(({ bytes }) => numberOf(bytes))),
    isAsciiOnly: clauses.some((clause) => clause.some(({ isAsciiOnly }) => isAsciiOnly)),
  }))
  return { words: [...numbers.keys()], rules }
}

function indicesOf<T>(list: readonly T[], is: (each: T) => boolean): number[] {
  return list.flatMap((each, index) => (is(each) ? [index] : []))
}
