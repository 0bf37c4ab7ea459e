/** A program run from the end of a text to its start, as a table of moves that is filled in as they are asked for. */
import type { Program } from '../program.ts'
import { createBackwardStep } from './backward-step.ts'
import { assertionsAt, type RuneClasses, SIDE } from './rune-classes.ts'
import { type BackwardState, createStateTable, DEAD, type StateTable } from './state-table.ts'

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
  /** Empties the table. @returns the row of this state in it; of none that of the end */
  forget(keep?: BackwardState): number
  /** How many states there are. */
  readonly count: number
  /** What the table takes. */
  readonly bytes: number
  /** Counts how often the table was emptied. */
  readonly generation: number
}

/** In order, as steps of most programs have them already. */
function sorted(leaves: Int32Array): Int32Array {
  for (let i = 1; i < leaves.length; i++) {
    if ((leaves[i - 1] as number) > (leaves[i] as number)) return leaves.sort()
  }
  return leaves
}

/** @param endsAnywhere a match may end before the text does */
export function createBackwardStates(program: Program, classes: RuneClasses, endsAnywhere: boolean): BackwardStates {
  const beginning = classes.count
  const width = classes.count + 1
  const atEnd: BackwardState = { leaves: Int32Array.of(program.end), side: SIDE.nothing }
  const step = createBackwardStep(program, classes, endsAnywhere)
  const sides = Uint8Array.from({ length: width }, (_, each) =>
    each === beginning ? SIDE.nothing : classes.sideOf(each),
  )
  let generation = 0
  let table = emptied()

  function emptied(): StateTable {
    const empty = createStateTable(width)
    empty.rowOf(atEnd)
    return empty
  }

  return {
    // The first that there is, behind the dead one.
    end: width,
    beginning,
    get moves() {
      return table.moves
    },
    get count() {
      return table.count
    },
    get bytes() {
      return table.bytes
    },
    get generation() {
      return generation
    },
    move(row, column) {
      const { leaves, side } = table.stateOf(row)
      const sideBefore = sides[column] as number
      step.take(leaves, leaves.length, assertionsAt(sideBefore, side), column)
      const before = { leaves: sorted(step.leaves.subarray(0, step.count)), side: sideBefore }
      const next = column === beginning ? DEAD : table.rowOf(before)
      if (next === undefined) return undefined
      const made = next * 2 + Number(step.begins)
      table.moves[row + column] = made
      return made
    },
    stateOf: (row) => table.stateOf(row),
    forget(keep = atEnd) {
      generation++
      table = emptied()
      return table.rowOf(keep) as number
    },
  }
}
