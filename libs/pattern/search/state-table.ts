/** States of a program and what is known of their moves, in so much memory and no more. */

/** Nothing before this place can begin a match. */
export const DEAD = 0

/**
 * A place of the text, seen from its end: from which instructions a match can be reached there by taking the next rune (or
 * nothing, the match itself), and what that rune is to assertions.
 */
export interface BackwardState {
  /** In order. */
  readonly leaves: Int32Array
  readonly side: number
}

/** States, by the rows of their moves. */
export interface StateTable {
  /** -1: not known yet. */
  readonly moves: Int32Array
  readonly count: number
  readonly bytes: number
  /** The row of a state, which is made where there is none. Undefined: there is no room. */
  rowOf(state: BackwardState): number | undefined
  stateOf(row: number): BackwardState
}

/** Of moves, leaves and states: together half a MiB at most, with what is kept to find a state again. */
const MAX_MOVES = 64 * 1024
const MAX_LEAVES = 48 * 1024
const MAX_STATES = 4 * 1024
/** Room that it begins with. */
const FIRST_STATES = 8

/** The same numbers in more room. */
function grown(old: Int32Array, length: number, filler = 0): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  if (filler !== 0) larger.fill(filler, old.length)
  larger.set(old)
  return larger
}

function hashOf({ leaves, side }: BackwardState): number {
  let hash = side
  for (const leaf of leaves) hash = Math.imul(hash ^ leaf, 0x01000193) + 0x9e3779b9
  return (hash ^ (hash >>> 15)) >>> 0
}

function isSame(one: BackwardState, other: BackwardState): boolean {
  if (one.side !== other.side || one.leaves.length !== other.leaves.length) return false
  return one.leaves.every((leaf, i) => leaf === other.leaves[i])
}

/** Where states are found again: numbers of states by their hashes, in the first free place of each. */
class Places {
  #numbers = new Int32Array(4 * FIRST_STATES).fill(-1)
  #hashes = new Int32Array(FIRST_STATES)

  get bytes(): number {
    return this.#numbers.byteLength + this.#hashes.byteLength
  }

  /** @returns the number of a state that `is` it, or undefined */
  find(hash: number, is: (number: number) => boolean): number | undefined {
    const mask = this.#numbers.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const number = this.#numbers[place] as number
      if (number < 0) return undefined
      if (this.#hashes[number] === (hash | 0) && is(number)) return number
    }
  }

  add(hash: number, number: number): void {
    if (number >= this.#hashes.length) this.#hashes = grown(this.#hashes, 2 * this.#hashes.length)
    this.#hashes[number] = hash
    this.#put(hash, number)
    if (2 * number < this.#numbers.length) return
    this.#numbers = new Int32Array(2 * this.#numbers.length).fill(-1)
    for (let each = 0; each <= number; each++) this.#put(this.#hashes[each] as number, each)
  }

  #put(hash: number, number: number): void {
    const mask = this.#numbers.length - 1
    let place = hash & mask
    while ((this.#numbers[place] as number) >= 0) place = (place + 1) & mask
    this.#numbers[place] = number
  }
}

/** @param width columns of a row */
export function createStateTable(width: number): StateTable {
  const capacity = Math.min(MAX_STATES, Math.max(4, Math.floor(MAX_MOVES / width)))
  let moves = new Int32Array(FIRST_STATES * width).fill(-1)
  let leaves = new Int32Array(FIRST_STATES)
  /** Where the leaves of each state begin, and behind the last of them. */
  let from = new Int32Array(FIRST_STATES + 1)
  let sides = new Int32Array(FIRST_STATES)
  // The dead one has no leaves.
  let count = 1
  const places = new Places()

  function stateAt(number: number): BackwardState {
    const last = from[number + 1] as number
    return { leaves: leaves.subarray(from[number], last), side: sides[number] as number }
  }

  function add(state: BackwardState): void {
    const first = from[count] as number
    const last = first + state.leaves.length
    if (last > leaves.length) leaves = grown(leaves, Math.min(MAX_LEAVES, Math.max(last, 2 * leaves.length)))
    if (count >= sides.length) {
      const room = Math.min(capacity, 2 * count)
      sides = grown(sides, room)
      from = grown(from, room + 1)
      moves = grown(moves, room * width, -1)
    }
    leaves.set(state.leaves, first)
    from[count + 1] = last
    sides[count] = state.side
    count++
  }

  return {
    get moves() {
      return moves
    },
    get count() {
      return count
    },
    get bytes() {
      return [moves, leaves, from, sides, places].reduce(
        (sum, each) => sum + ('bytes' in each ? each.bytes : each.byteLength),
        0,
      )
    },
    stateOf: (row) => stateAt(row / width),
    rowOf(state) {
      if (state.leaves.length === 0) return DEAD
      const hash = hashOf(state)
      const known = places.find(hash, (number) => isSame(stateAt(number), state))
      if (known !== undefined) return known * width
      const hasRoom = count < capacity && (from[count] as number) + state.leaves.length <= MAX_LEAVES
      if (!hasRoom) return undefined
      places.add(hash, count)
      add(state)
      return (count - 1) * width
    },
  }
}
