/** One rune back through a program: from what leads to a match behind it to what leads to one before it. In memory of its own, used again. */
import { type Instruction, OP, type Program, reached } from '../program.ts'
import type { RuneClasses } from './rune-classes.ts'

/** Makes steps back. */
export interface BackwardStep {
  /** What the last step came to: of `leaves` the first `count`. Good until the next one. */
  readonly leaves: Int32Array
  readonly count: number
  /** Whether a match begins at the place that the last step was made from. */
  readonly begins: boolean
  /**
   * @param leaves of them the first `count` are taken
   * @param held what holds at the place, as bits of `AT`
   * @param column class of the rune before it; the count of classes: there is none
   */
  take(leaves: Int32Array, count: number, held: number, column: number): void
}

/** Then they are counted from the first again. */
const LAST_STEP = 2 ** 31 - 1

/** Lists of numbers, each beginning in `all` where `from` says, and ending where the next begins. */
interface Lists {
  readonly from: Int32Array
  readonly all: Int32Array
}

function listsOf(lists: readonly (readonly number[])[]): Lists {
  const from = new Int32Array(lists.length + 1)
  for (const [at, list] of lists.entries()) from[at + 1] = (from[at] as number) + list.length
  return { from, all: Int32Array.from(lists.flat()) }
}

/** What leads to each instruction, by taking a rune and without, and which assertions each makes. */
function backwardOf({ instructions, ...program }: Program) {
  const takers: number[][] = instructions.map(() => [])
  const others: number[][] = instructions.map(() => [])
  const asked = new Int32Array(instructions.length)
  for (const at of [...reached({ instructions, ...program })].sort((a, b) => a - b)) {
    const { op, out, arg } = instructions[at] as Instruction
    if (op === OP.match || op === OP.fail) continue
    ;(op >= OP.rune ? takers : others)[out]?.push(at)
    if (op === OP.alternative) others[arg]?.push(at)
    if (op === OP.emptyWidth) asked[at] = arg
  }
  return { takers: listsOf(takers), others: listsOf(others), asked }
}

/** Of a class which instructions take its runes, as bits. */
function createTaken({ instructions }: Program, classes: RuneClasses): (column: number) => Int32Array {
  const known: (Int32Array | undefined)[] = []
  return (column) => {
    const bits = known[column] ?? new Int32Array(Math.ceil(instructions.length / 32))
    if (known[column] !== undefined) return bits
    known[column] = bits
    if (column === classes.count) return bits
    const rune = classes.sampleOf(column)
    for (const [at, { op, matchRune }] of instructions.entries())
      if (op >= OP.rune && matchRune.call(instructions[at], rune))
        bits[at >> 5] = (bits[at >> 5] as number) | (1 << (at & 31))
    return bits
  }
}

/** @param endsAnywhere a match may end before the text does */
export function createBackwardStep(program: Program, classes: RuneClasses, endsAnywhere: boolean): BackwardStep {
  const { start, end } = program
  const size = program.instructions.length
  const { takers, others, asked } = backwardOf(program)
  const takenBy = createTaken(program, classes)
  const waiting = new Int32Array(size)
  /** The last step that came by each instruction. */
  const seen = new Int32Array(size)
  let step = 0
  let made = { leaves: new Int32Array(size), count: 0, begins: false }
  let next = { leaves: new Int32Array(size), count: 0, begins: false }

  /** Waits for all from which one of the leaves is reached without taking a rune, where that holds. @returns how many */
  function closed(leaves: Int32Array, count: number, held: number): number {
    let found = 0
    for (; found < count; found++) {
      const at = leaves[found] as number
      waiting[found] = at
      seen[at] = step
    }
    for (let each = 0; each < found; each++) {
      const at = waiting[each] as number
      const last = others.from[at + 1] as number
      for (let i = others.from[at] as number; i < last; i++) {
        const other = others.all[i] as number
        if (seen[other] === step || ((asked[other] as number) & ~held) !== 0) continue
        seen[other] = step
        waiting[found++] = other
      }
    }
    return found
  }

  return {
    get leaves() {
      return made.leaves
    },
    get count() {
      return made.count
    },
    get begins() {
      return made.begins
    },
    take(leaves, count, held, column) {
      if (step === LAST_STEP) seen.fill(0)
      step = step === LAST_STEP ? 1 : step + 1
      const found = closed(leaves, count, held)
      const bits = takenBy(column)
      let kept = 0
      for (let each = 0; each < found; each++) {
        const at = waiting[each] as number
        const last = takers.from[at + 1] as number
        for (let i = takers.from[at] as number; i < last; i++) {
          const taker = takers.all[i] as number
          if (((bits[taker >> 5] as number) >>> (taker & 31)) & 1) next.leaves[kept++] = taker
        }
      }
      if (endsAnywhere && column !== classes.count) next.leaves[kept++] = end
      next.count = kept
      next.begins = seen[start] === step
      // What was taken may be what the last step came to.
      ;[made, next] = [next, made]
    },
  }
}
