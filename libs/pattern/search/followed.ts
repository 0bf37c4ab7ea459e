/** A match gone through from its start: at each place the first way that is known to lead to its end. */
import { type Instruction, OP, type Program } from '../program.ts'
import type { BackwardStates } from './backward-states.ts'
import { assertionsAt, type RuneClasses, SIDE } from './rune-classes.ts'

/** Where groups begin and end, newest first. */
interface Trail {
  readonly slot: number
  readonly before: Trail | undefined
}

/** What comes next on the way, and which ends of groups lie before it. */
interface Step {
  /** An instruction that takes a rune, or the match. */
  readonly leaf: number
  readonly slots: readonly number[]
}

/** So many steps are remembered. */
const MAX_STEPS = 4_096
/** Of a rune that takes two units. */
const FIRST_HALF = 0xd800
const NO_STEP = { at: -1, row: -1, held: -1, found: undefined }

function slotsOf(trail: Trail | undefined): readonly number[] {
  const slots: number[] = []
  for (let each = trail; each !== undefined; each = each.before) slots.push(each.slot)
  return slots
}

/** The first leaf that leads to a match, in the order of Perl; nothing is gone through twice at one place. */
function stepFrom({ instructions }: Program, at: number, held: number, leaves: Int32Array): Step | undefined {
  const seen = new Set<number>()
  const waiting: { readonly at: number; readonly trail: Trail | undefined }[] = [{ at, trail: undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.at)) continue
    seen.add(next.at)
    if (leaves.includes(next.at)) return { leaf: next.at, slots: slotsOf(next.trail) }
    const { op, out, arg } = instructions[next.at] as Instruction
    const { trail } = next
    if (op === OP.alternative) waiting.push({ at: arg, trail }, { at: out, trail })
    else if (op === OP.nop || (op === OP.emptyWidth && (arg & ~held) === 0)) waiting.push({ at: out, trail })
    else if (op === OP.capture) waiting.push({ at: out, trail: { slot: arg, before: trail } })
  }
  return undefined
}

/** @returns places of groups as `Searcher.placesOf` has them, from the row of each place */
export function followed(program: Program, states: BackwardStates, classes: RuneClasses) {
  const { instructions, start: first, end } = program
  const sides = Uint8Array.from({ length: classes.count }, (_, each) => classes.sideOf(each))
  let steps = new Map<number, Step | undefined>()
  let generation = states.generation
  /** Most of a long match is one step again and again. */
  let last: { readonly at: number; readonly row: number; readonly held: number; readonly found: Step | undefined } =
    NO_STEP

  const sideOf = (unit: number): number =>
    sides[unit < 256 ? (classes.latin[unit] as number) : classes.classOf(unit)] as number

  function step(at: number, row: number, held: number): Step | undefined {
    if (last.at === at && last.row === row && last.held === held) return last.found
    const key = (row * instructions.length + at) * 64 + held
    const found = steps.get(key) ?? stepFrom(program, at, held, states.stateOf(row).leaves)
    if (steps.size >= MAX_STEPS) steps = new Map()
    steps.set(key, found)
    last = { at, row, held, found }
    return found
  }

  return (text: string, start: number, rows: Int32Array, groupCount: number): Int32Array | undefined => {
    if (generation !== states.generation) {
      generation = states.generation
      steps = new Map()
    }
    last = NO_STEP
    const places = new Int32Array(2 * (groupCount + 1)).fill(-1)
    places[0] = start
    let before: number = start === 0 ? SIDE.nothing : sideOf(text.charCodeAt(start - 1))
    for (let at = start, instruction = first; at <= text.length; ) {
      const unit = text.charCodeAt(at)
      const behind: number = at === text.length ? SIDE.nothing : sideOf(unit)
      const next = step(instruction, rows[at - start] as number, assertionsAt(before, behind))
      if (next === undefined) return undefined
      for (const slot of next.slots) places[slot] = at
      if (next.leaf === end) {
        places[1] = at
        return places
      }
      at += unit >= FIRST_HALF && (text.codePointAt(at) as number) > 0xffff ? 2 : 1
      before = behind
      instruction = (instructions[next.leaf] as Instruction).out
    }
    return undefined
  }
}
