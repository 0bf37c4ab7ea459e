/** Runes that a program does not tell apart, as one class: a table of moves has a column for each. */
import { AT, OP, type Program, reached } from '../program.ts'

/** What is on one side of a place in a text, as far as an assertion asks. */
export const SIDE = { other: 0, newline: 1, word: 2, nothing: 3 } as const

/** Classes of runes. */
export interface RuneClasses {
  readonly count: number
  /** The class of each of the first 256 runes. */
  readonly latin: Uint16Array
  classOf(rune: number): number
  /** One of the runes of a class. */
  sampleOf(each: number): number
  /** One of `SIDE`; `other` for all where no assertion of the program could tell. */
  sideOf(each: number): number
}

const NEWLINE = 0x0a
const LATIN = 256

function isWord(rune: number): boolean {
  return (
    (rune >= 0x30 && rune <= 0x39) || (rune >= 0x41 && rune <= 0x5a) || rune === 0x5f || (rune >= 0x61 && rune <= 0x7a)
  )
}

/** Which assertions a program makes, as bits of `AT`. */
function assertionsOf(program: Program): number {
  let all = 0
  for (const at of reached(program)) {
    const instruction = program.instructions[at]
    if (instruction?.op === OP.emptyWidth) all |= instruction.arg
  }
  return all
}

/** @param bounds first runes of all classes but the first, in order; of one class no instruction and no assertion tells two apart */
export function createRuneClasses(program: Program, bounds: ArrayLike<number>): RuneClasses {
  const assertions = assertionsOf(program)
  const asksForLines = (assertions & (AT.beginLine | AT.endLine)) !== 0
  const asksForWords = (assertions & (AT.wordBoundary | AT.noWordBoundary)) !== 0

  function classOf(rune: number): number {
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((bounds[middle] as number) <= rune) low = middle + 1
      else high = middle
    }
    return low
  }

  const sampleOf = (each: number): number => (each === 0 ? 0 : (bounds[each - 1] as number))
  return {
    count: bounds.length + 1,
    latin: Uint16Array.from({ length: LATIN }, (_, rune) => classOf(rune)),
    classOf,
    sampleOf,
    sideOf(each) {
      const rune = sampleOf(each)
      if (asksForLines && rune === NEWLINE) return SIDE.newline
      return asksForWords && isWord(rune) ? SIDE.word : SIDE.other
    },
  }
}

/** What holds at a place, as bits of `AT`. */
export function assertionsAt(before: number, behind: number): number {
  let held = (before === SIDE.word) === (behind === SIDE.word) ? AT.noWordBoundary : AT.wordBoundary
  if (before === SIDE.nothing) held |= AT.beginText | AT.beginLine
  if (before === SIDE.newline) held |= AT.beginLine
  if (behind === SIDE.nothing) held |= AT.endText | AT.endLine
  if (behind === SIDE.newline) held |= AT.endLine
  return held
}
