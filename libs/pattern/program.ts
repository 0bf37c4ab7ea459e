/** What re2js makes of an expression before it runs it: the same instructions as Go's `regexp/syntax.Prog`. */

/** Numbers of instructions, as re2js 2.10 has them. */
export const OP = {
  alternative: 1,
  alternativeMatch: 2,
  capture: 3,
  emptyWidth: 4,
  fail: 5,
  match: 6,
  nop: 7,
  rune: 8,
  rune1: 9,
  runeAny: 10,
  runeAnyNotNewline: 11,
} as const

/** Bits of the argument of `OP.emptyWidth`. */
export const AT = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 } as const

/** Bit of the argument of `OP.rune`: its one rune stands for all that fold to it. */
export const FOLD_CASE = 1

export interface Instruction {
  readonly op: number
  /** The next one. */
  readonly out: number
  /** Of an alternative: the other next one. Else as `AT` or `FOLD_CASE`. */
  readonly arg: number
  /** One rune, or pairs of first and last. */
  readonly runes: ArrayLike<number>
  /** Whether one that takes a rune takes this one. */
  matchRune(rune: number): boolean
}

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
  /** The one `OP.match`. */
  readonly end: number
}

/**
 * First runes of all classes but the first, in order: of one class no instruction of the program tells two apart. Undefined
 * where they are not known.
 */
export function runeBoundsOf(compiled: { re2(): unknown }): ArrayLike<number> | undefined {
  const { dfa } = compiled.re2() as { dfa?: { classBounds?: unknown } }
  return dfa?.classBounds instanceof Int32Array ? dfa.classBounds : undefined
}

const KNOWN = new Set<number>(Object.values(OP))

/**
 * The program of a compiled expression. Undefined where it is none that is understood here: another version of re2js, or
 * a look-behind, which Go does not have either. Who asks then knows nothing of the expression but what running it says.
 */
export function programOf(compiled: { re2(): unknown }): Program | undefined {
  const { prog } = compiled.re2() as { prog?: { inst?: readonly Instruction[]; start?: number } }
  const instructions = prog?.inst
  const start = prog?.start
  if (!Array.isArray(instructions) || typeof start !== 'number') return undefined
  if (instructions.some((each: Instruction) => !KNOWN.has(each.op))) return undefined
  const ends = [...instructions.keys()].filter((at) => (instructions[at] as Instruction).op === OP.match)
  const end = ends[0]
  return end === undefined || ends.length > 1 ? undefined : { instructions, start, end }
}

/** Where a match may go on from there. */
export function successors(program: Program, at: number): readonly number[] {
  const instruction = program.instructions[at]
  if (instruction === undefined) return []
  switch (instruction.op) {
    case OP.fail:
    case OP.match:
      return []
    case OP.alternative:
    case OP.alternativeMatch:
      return [instruction.out, instruction.arg]
    default:
      return [instruction.out]
  }
}

/** Every instruction that can be reached from the start without going through one that is not `open`. */
export function reached(program: Program, open: (instruction: Instruction) => boolean = () => true): Set<number> {
  const seen = new Set<number>()
  const waiting = [program.start]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const instruction = program.instructions[at]
    if (instruction === undefined || seen.has(at) || !open(instruction)) continue
    seen.add(at)
    waiting.push(...successors(program, at))
  }
  return seen
}
