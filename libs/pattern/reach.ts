import { AT, type Instruction, OP, type Program, reached } from './program.ts'

const NEWLINE = 0x0a

/**
 * Whether a match can only lie in the last line of a text: it takes no line break, does not ask for the start of a text
 * or of a line, and ends where the text does on every way. Then the last line alone says all.
 */
export function isWithinLastLine(program: Program): boolean {
  for (const at of reached(program)) {
    const instruction = program.instructions[at] as Instruction
    if (takesNewline(instruction) || asksForStart(instruction)) return false
  }
  return !reached(program, (instruction) => !asksForEnd(instruction)).has(program.end)
}

function takesNewline({ op, runes }: Instruction): boolean {
  if (op === OP.runeAny) return true
  if (op !== OP.rune && op !== OP.rune1) return false
  if (runes.length === 1) return runes[0] === NEWLINE
  for (let i = 0; i + 1 < runes.length; i += 2) {
    if ((runes[i] as number) <= NEWLINE && NEWLINE <= (runes[i + 1] as number)) return true
  }
  return false
}

function asksForStart({ op, arg }: Instruction): boolean {
  return op === OP.emptyWidth && (arg & (AT.beginLine | AT.beginText)) !== 0
}

function asksForEnd({ op, arg }: Instruction): boolean {
  return op === OP.emptyWidth && (arg & AT.endText) !== 0
}
