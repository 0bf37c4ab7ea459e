import { AT, type Instruction, OP, type Program, reached, successors } from './program.ts'

const NEWLINE = 0x0a

/** A match over more lines than these counts as one over any number. */
const MOST_LINES = 64

/**
 * In how many of the last lines of a text every match lies: 1 for one that takes no line break. Infinity where there is no
 * bound: it goes on over line breaks, asks for the start of a text or of a line, or does not end where the text does on
 * every way. What is before those lines then changes nothing.
 */
export function linesReached(program: Program): number {
  for (const at of reached(program)) {
    if (asksForStart(program.instructions[at] as Instruction)) return Number.POSITIVE_INFINITY
  }
  return heldToEnd(program) ? 1 + mostNewlines(program) : Number.POSITIVE_INFINITY
}

/** Whether every match ends where the text does. */
export function heldToEnd(program: Program): boolean {
  return !reached(program, (instruction) => !asksForEnd(instruction)).has(program.end)
}

/** Line breaks on the way that takes the most of them; Infinity where it may turn back to one. */
function mostNewlines(program: Program): number {
  const most = new Map([[program.start, 0]])
  const waiting = [program.start]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const behind = (most.get(at) as number) + Number(takesNewline(program.instructions[at] as Instruction))
    if (behind >= MOST_LINES) return Number.POSITIVE_INFINITY
    for (const next of successors(program, at)) {
      if ((most.get(next) ?? -1) >= behind) continue
      most.set(next, behind)
      waiting.push(next)
    }
  }
  return most.get(program.end) ?? 0
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
