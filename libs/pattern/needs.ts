import { postDominators } from './post-dominators.ts'
import { FOLD_CASE, type Instruction, OP, type Program } from './program.ts'

/** Bytes of which a text that matches must have a run, its ASCII letters in lower case. */
export interface Word {
  /** One character for each byte. */
  readonly bytes: string
  /** It may be there in letters beyond ASCII, too (K is also the Kelvin sign), so that it says nothing of such a text. */
  readonly isAsciiOnly: boolean
}

/** Words of which one at least must be there. */
export type Clause = readonly Word[]

/** What a text must have to match: one word of each clause. No clause: nothing is known. Best clause first. */
export type Needs = readonly Clause[]

/** So many clauses are looked at; more cost more than they spare. */
const MAX_CLAUSES = 4
/** A second clause of shorter words is there on most lines. */
const MIN_SECOND = 4
/** An alternation of more words than these says too little of a line. */
const MAX_WORDS = 256
/** An expression that takes more steps to be understood is run on every line. */
const MAX_STEPS = 20_000
/** Alternatives within alternatives; an alternation of n branches is n deep. */
const MAX_DEPTH = 1_000

/** What every text that an expression matches must have. Never asks for what a match can do without. */
export function needsOf(program: Program): Needs {
  const next = postDominators(program)
  if (!next.has(program.start)) return []
  const walk = { program, next, open: new Set<number>(), stepsLeft: MAX_STEPS }
  const clauses = clausesBetween(walk, program.start, program.end)
  if (walk.stepsLeft <= 0) return []
  const sorted = clauses.toSorted((one, other) => worth(other) - worth(one)).slice(0, MAX_CLAUSES)
  return sorted.filter((clause, index) => index === 0 || worth(clause) > MIN_SECOND - 1)
}

interface Walk {
  readonly program: Program
  /** See postDominators. */
  readonly next: ReadonlyMap<number, number>
  /** Alternatives that are being looked into: met again, it is a loop, and its body was already gone through. */
  readonly open: Set<number>
  stepsLeft: number
}

/** What every way from one instruction to a later one, which all of them reach, goes through. */
function clausesBetween(walk: Walk, from: number, to: number): Clause[] {
  const clauses: Clause[] = []
  let word: Word = { bytes: '', isAsciiOnly: false }
  const endWord = () => {
    if (word.bytes !== '') clauses.push([word])
    word = { bytes: '', isAsciiOnly: false }
  }
  for (let at = from; at !== to && walk.stepsLeft > 0; at = walk.next.get(at) as number) {
    walk.stepsLeft--
    const instruction = walk.program.instructions[at] as Instruction
    if (takesNothing(instruction)) continue
    const literal = literalOf(instruction)
    if (literal !== undefined) {
      word = { bytes: word.bytes + literal.bytes, isAsciiOnly: word.isAsciiOnly || literal.isAsciiOnly }
      continue
    }
    endWord()
    const either = isAlternative(instruction) ? clauseOf(walk, at, instruction) : undefined
    if (either !== undefined) clauses.push(either)
  }
  endWord()
  return clauses
}

/** What one branch or the other has; undefined where one of them can do without. */
function clauseOf(walk: Walk, at: number, { out, arg }: Instruction): Clause | undefined {
  if (walk.open.has(at) || walk.open.size > MAX_DEPTH) return undefined
  const meet = walk.next.get(at) as number
  if (out === meet || arg === meet) return undefined
  walk.open.add(at)
  const words: Word[] = []
  for (const branch of [out, arg]) {
    // A branch that never comes to a match asks for nothing.
    if (!walk.next.has(branch)) continue
    const best = bestOf(clausesBetween(walk, branch, meet))
    if (best === undefined) {
      words.length = 0
      break
    }
    words.push(...best)
  }
  walk.open.delete(at)
  return words.length === 0 || words.length > MAX_WORDS ? undefined : words
}

/** How much a clause tells: the length of its shortest word, then how few they are. */
function worth(clause: Clause): number {
  return Math.min(...clause.map(({ bytes }) => bytes.length)) - clause.length / (MAX_WORDS + 1)
}

function bestOf(clauses: readonly Clause[]): Clause | undefined {
  return clauses.length === 0 ? undefined : clauses.reduce((one, other) => (worth(other) > worth(one) ? other : one))
}

function isAlternative({ op }: Instruction): boolean {
  return op === OP.alternative || op === OP.alternativeMatch
}

function takesNothing({ op }: Instruction): boolean {
  return op === OP.nop || op === OP.capture || op === OP.emptyWidth
}

/** The letters whose simple folding leaves ASCII: K to U+212A, S to U+017F. */
const FOLDS_BEYOND_ASCII = new Set(['k', 's'])

/** The one character, in whatever case, that an instruction takes; undefined where it takes others, too. */
function literalOf({ op, arg, runes }: Instruction): Word | undefined {
  if (op !== OP.rune && op !== OP.rune1) return undefined
  const all = runesOf(runes)
  const first = all[0]
  if (first === undefined) return undefined
  const isFolded = (arg & FOLD_CASE) !== 0
  if (all.every((rune) => rune < 0x80)) {
    const lower = lowerCase(first)
    if (lower === '\n' || all.some((rune) => lowerCase(rune) !== lower)) return undefined
    return { bytes: lower, isAsciiOnly: isFolded && FOLDS_BEYOND_ASCII.has(lower) }
  }
  // What a byte that is no UTF-8 is read as, and halves of pairs, are no bytes of their own.
  const isText = first !== 0xfffd && (first < 0xd800 || first > 0xdfff)
  if (isFolded || all.length > 1 || !isText) return undefined
  return { bytes: Buffer.from(String.fromCodePoint(first)).toString('latin1'), isAsciiOnly: false }
}

function lowerCase(rune: number): string {
  return String.fromCharCode(rune >= 0x41 && rune <= 0x5a ? rune + 0x20 : rune)
}

/** The few runes of a class; none where they are more than the two cases of a letter. */
function runesOf(runes: ArrayLike<number>): readonly number[] {
  if (runes.length === 1) return [runes[0] as number]
  const all: number[] = []
  for (let i = 0; i + 1 < runes.length; i += 2) {
    const [first, last] = [runes[i] as number, runes[i + 1] as number]
    if (last - first > 1) return []
    for (let rune = first; rune <= last; rune++) all.push(rune)
  }
  return all.length > 2 ? [] : all
}
