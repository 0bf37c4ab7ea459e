/** Where an expression matches in a text first: by one way through it backwards, and one forwards along what that has seen. */
import { OP, type Program, reached } from '../program.ts'
import { type BackwardStates, createBackwardStates } from './backward-states.ts'
import { followed } from './followed.ts'
import { createRuneClasses, type RuneClasses } from './rune-classes.ts'
import { DEAD } from './state-table.ts'

/** Searches texts for one expression. Each time undefined: it would need more states than are kept, and nothing is known. */
export interface Searcher {
  /** Place where the leftmost match begins; -1: there is none. */
  startOf(text: string): number | undefined
  /**
   * Of the match that begins there, the first and the last place of the whole and of each group, in turns, as Perl would take
   * them; -1 for a group that took no part.
   */
  placesOf(text: string, start: number): Int32Array | undefined
  /** What its states take: half a MiB at most. */
  readonly bytes: number
}

/** Larger programs are left to who runs them otherwise: each of their states is long in the making. */
const MAX_INSTRUCTIONS = 4_000
/** A table that is full after fewer characters for each new state than these is of no use. */
const LEAST_PROGRESS = 10
/** So many new states are not waited for where each has less than so many characters: the rest would be no better. */
const HOPELESS = { states: 512, progress: 2 } as const
/** Then for so many characters no table is made: texts like that one come in numbers. */
const REST_UNITS = 1024 * 1024

const LATIN = 256
/** Of a move: a match begins where it is made from. */
const BEGINS = 1
/** Moves below this are not known, or the last. */
const LEAST_ALIVE = 2

/** Whether all of a program is understood here. */
export function isSearchable(program: Program): boolean {
  const all = [...reached(program)]
  return all.length <= MAX_INSTRUCTIONS && all.every((at) => program.instructions[at]?.op !== OP.alternativeMatch)
}

/** A text is gone through from its end by these. */
interface Backwards {
  readonly states: BackwardStates
  readonly classes: RuneClasses
  /** For so many characters no state is made. */
  rest: number
}

/** A move that was not made before. @param units characters for which so many states were made @returns undefined: there are too many */
function made({ states }: Backwards, row: number, column: number, units: number, fresh: number): number | undefined {
  const progress = units / fresh
  if (fresh >= HOPELESS.states && progress < HOPELESS.progress) return undefined
  const move = states.move(row, column)
  if (move !== undefined) return move
  if (progress < LEAST_PROGRESS) return undefined
  return states.move(states.forget(states.stateOf(row)), column)
}

function columnAt({ states, classes }: Backwards, text: string, at: number): number {
  if (at === 0) return states.beginning
  const unit = text.charCodeAt(at - 1)
  return unit < LATIN ? (classes.latin[unit] as number) : classes.classOf(runeBefore(text, at))
}

function startOf(backwards: Backwards, text: string): number | undefined {
  const { states, classes } = backwards
  const { latin } = classes
  let start = -1
  let row = states.end
  let { moves } = states
  let since = { at: text.length, count: states.count }
  for (let at = text.length; ; ) {
    for (; at > 0; at--) {
      const unit = text.charCodeAt(at - 1)
      if (unit >= LATIN) break
      const move = moves[row + (latin[unit] as number)] as number
      if (move < LEAST_ALIVE) break
      if ((move & BEGINS) === BEGINS) start = at
      row = move >> 1
    }
    const column = columnAt(backwards, text, at)
    const { generation } = states
    const known = moves[row + column] as number
    const move = known < 0 ? made(backwards, row, column, since.at - at, states.count - since.count) : known
    if (move === undefined) {
      backwards.rest = REST_UNITS
      states.forget()
      return undefined
    }
    if (generation !== states.generation) since = { at, count: states.count }
    moves = states.moves
    if ((move & BEGINS) === BEGINS) start = at
    row = move >> 1
    if (row === DEAD || at === 0) return start
    at -= lengthBefore(text, at)
  }
}

/** Puts the row of each place from that one on into `rows`. @returns whether there is one of each */
function rowsFrom(backwards: Backwards, text: string, start: number, rows: Int32Array): boolean {
  const { states, classes } = backwards
  const { latin } = classes
  const { generation } = states
  let row = states.end
  let { moves } = states
  for (let at = text.length; ; ) {
    for (; at > start; at--) {
      rows[at - start] = row
      const unit = text.charCodeAt(at - 1)
      if (unit >= LATIN) break
      const move = moves[row + (latin[unit] as number)] as number
      if (move < LEAST_ALIVE) break
      row = move >> 1
    }
    rows[at - start] = row
    if (at === start) return true
    const column = columnAt(backwards, text, at)
    const known = moves[row + column] as number
    const move = known < 0 ? made(backwards, row, column, Number.POSITIVE_INFINITY, 1) : known
    // What was noted until then is of no table any more.
    if (move === undefined || generation !== states.generation) return false
    moves = states.moves
    row = move >> 1
    at -= lengthBefore(text, at)
  }
}

/** Rows of a short text are put into the same memory again. */
const SCRATCH = new Int32Array(4_096)

/** @param bounds see `createRuneClasses` */
export function createSearcher(
  program: Program,
  bounds: ArrayLike<number>,
  { isHeldToEnd, groupCount }: { readonly isHeldToEnd: boolean; readonly groupCount: number },
): Searcher {
  const classes = createRuneClasses(program, bounds)
  const states = createBackwardStates(program, classes, !isHeldToEnd)
  const follow = followed(program, states, classes)
  const backwards = { states, classes, rest: 0 }
  return {
    get bytes() {
      return states.bytes
    },
    startOf(text) {
      if (backwards.rest <= 0) return startOf(backwards, text)
      backwards.rest -= text.length
      return undefined
    },
    placesOf(text, start) {
      if (backwards.rest > 0) return undefined
      const count = text.length - start + 1
      const rows = count <= SCRATCH.length ? SCRATCH : new Int32Array(count)
      return rowsFrom(backwards, text, start, rows) ? follow(text, start, rows, groupCount) : undefined
    },
  }
}

/** The rune that ends at a place: half a pair is one by itself. */
function runeBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1)
  const isLow = unit >= 0xdc00 && unit <= 0xdfff
  const rune = isLow && at > 1 ? (text.codePointAt(at - 2) as number) : unit
  return rune > 0xffff ? rune : unit
}

function lengthBefore(text: string, at: number): number {
  return runeBefore(text, at) > 0xffff ? 2 : 1
}
