/** A program run from the end of a text to its start, as a table of moves that is filled in as they are asked for. */
import { type Instruction, OP, type Program, reached } from '../program.ts'
import { assertionsAt, type RuneClasses, SIDE } from './rune-classes.ts'

/** Nothing before this place can begin a match. */
export const DEAD = 0

/**
 * A place of the text, seen from its end: from which instructions a match can be reached there by taking the next rune (or
 * nothing, the match itself), and what that rune is to assertions.
 */
export interface BackwardState {
  readonly leaves: ReadonlySet<number>
  readonly side: number
}

/** States of a program, by the rows of their moves. */
export interface BackwardStates {
  /** The row of the end of every text. */
  readonly end: number
  /** Column of what is before the first rune. */
  readonly beginning: number
  /** Of a row and the class of the rune before: twice the next row, and one more where a match begins here; -1: not known yet. */
  readonly moves: Int32Array
  /** Makes such a move. Undefined where there is no room for its state: then `forget` makes some. */
  move(row: number, column: number): number | undefined
  stateOf(row: number): BackwardState
  /** @returns the row of a state in the emptied table */
  forget(keep: BackwardState): number
  /** How many states there are. */
  readonly count: number
  /** Counts how often the table was emptied. */
  readonly generation: number
}

/** So many moves are kept: half a MiB. */
const MAX_MOVES = 128 * 1024

interface Backward {
  /** What leads to an instruction and takes nothing. */
  readonly before: readonly (readonly number[])[]
  /** Instructions that take a rune. */
  readonly takers: readonly number[]
}

function backwardOf({ instructions, ...program }: Program): Backward {
  const before: number[][] = instructions.map(() => [])
  const takers: number[] = []
  for (const at of reached({ instructions, ...program })) {
    const { op, out, arg } = instructions[at] as Instruction
    if (op >= OP.rune) takers.push(at)
    else if (op !== OP.match && op !== OP.fail) {
      before[out]?.push(at)
      if (op === OP.alternative) before[arg]?.push(at)
    }
  }
  return { before, takers: takers.sort((a, b) => a - b) }
}

/** States and what is known of their moves. @param width columns of a row */
function createTable(width: number, atEnd: BackwardState) {
  const capacity = Math.max(4, Math.floor(MAX_MOVES / width))
  let moves = new Int32Array(0)
  let states: BackwardState[] = []
  let rows = new Map<string, number>()

  function grow(): void {
    const larger = new Int32Array(Math.min(capacity, Math.max(8, states.length * 2)) * width).fill(-1)
    larger.set(moves)
    moves = larger
  }

  function rowOf(state: BackwardState): number | undefined {
    if (state.leaves.size === 0) return DEAD
    const key = `${state.side} ${[...state.leaves].join(' ')}`
    const known = rows.get(key)
    if (known !== undefined) return known
    if (states.length >= capacity) return undefined
    const row = states.length * width
    states.push(state)
    if (row + width > moves.length) grow()
    rows.set(key, row)
    return row
  }

  function empty(): void {
    states = [{ leaves: new Set(), side: SIDE.other }]
    rows = new Map()
    moves = new Int32Array(0)
    grow()
    rowOf(atEnd)
  }

  empty()
  return {
    get moves() {
      return moves
    },
    get count() {
      return states.length
    },
    stateOf: (row: number) => states[row / width] as BackwardState,
    rowOf,
    empty,
  }
}

/** @param endsAnywhere a match may end before the text does */
export function createBackwardStates(program: Program, classes: RuneClasses, endsAnywhere: boolean): BackwardStates {
  const { instructions, start, end } = program
  const { before, takers } = backwardOf(program)
  const beginning = classes.count
  const table = createTable(classes.count + 1, { leaves: new Set([end]), side: SIDE.nothing })
  let generation = 0

  /** All from which one of the leaves is reached without taking a rune, where that holds. */
  function closed(leaves: ReadonlySet<number>, held: number): ReadonlySet<number> {
    const found = new Set(leaves)
    for (const at of found) {
      for (const other of before[at] as readonly number[]) {
        const { op, arg } = instructions[other] as Instruction
        if (op !== OP.emptyWidth || (arg & ~held) === 0) found.add(other)
      }
    }
    return found
  }

  /** What of a place is known from where a rune of that class leads. */
  function leavesBefore(reachedHere: ReadonlySet<number>, column: number): ReadonlySet<number> {
    const rune = classes.sampleOf(column)
    const leaves = takers.filter((at) => {
      const instruction = instructions[at] as Instruction
      return reachedHere.has(instruction.out) && instruction.matchRune(rune)
    })
    return new Set(endsAnywhere ? [...leaves, end] : leaves)
  }

  return {
    // The first that there is, behind the dead one.
    end: classes.count + 1,
    beginning,
    get moves() {
      return table.moves
    },
    get count() {
      return table.count
    },
    get generation() {
      return generation
    },
    move(row, column) {
      const { leaves, side } = table.stateOf(row)
      const isBeginning = column === beginning
      const sideBefore = isBeginning ? SIDE.nothing : classes.sideOf(column)
      const reachedHere = closed(leaves, assertionsAt(sideBefore, side))
      const next = isBeginning ? DEAD : table.rowOf({ leaves: leavesBefore(reachedHere, column), side: sideBefore })
      if (next === undefined) return undefined
      const made = next * 2 + Number(reachedHere.has(start))
      table.moves[row + column] = made
      return made
    },
    stateOf: table.stateOf,
    forget(keep) {
      generation++
      table.empty()
      return table.rowOf(keep) as number
    },
  }
}
