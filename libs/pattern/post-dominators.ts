import { type Program, reached, successors } from './program.ts'

/**
 * For each instruction from which the match can be reached, the next one that every way to the match goes through; so
 * that a walk from the start over them meets exactly what no match can do without. The match itself has none.
 * The algorithm is that of Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", on the graph reversed.
 */
export function postDominators(program: Program): ReadonlyMap<number, number> {
  const before = predecessors(program)
  const order = outwards(program.end, before)
  const rank = new Map(order.map((at, index) => [at, index]))
  const next = new Map<number, number>([[program.end, program.end]])
  const meet = (one: number, other: number): number => {
    let [a, b] = [one, other]
    while (a !== b) {
      while ((rank.get(a) as number) > (rank.get(b) as number)) a = next.get(a) as number
      while ((rank.get(b) as number) > (rank.get(a) as number)) b = next.get(b) as number
    }
    return a
  }
  for (let moved = true; moved; ) {
    moved = false
    for (const at of order.slice(1)) {
      const known = successors(program, at).filter((each) => next.has(each))
      const found = known.reduce((one, other) => meet(one, other))
      if (next.get(at) === found) continue
      next.set(at, found)
      moved = true
    }
  }
  next.delete(program.end)
  return next
}

function predecessors(program: Program): ReadonlyMap<number, readonly number[]> {
  const before = new Map<number, number[]>()
  for (const at of reached(program)) {
    for (const next of successors(program, at)) {
      const known = before.get(next)
      if (known === undefined) before.set(next, [at])
      else known.push(at)
    }
  }
  return before
}

/** All that lead to the end, the end first, each after one that it leads to: reverse postorder of the reversed graph. */
function outwards(end: number, before: ReadonlyMap<number, readonly number[]>): number[] {
  const left: number[] = []
  const seen = new Set([end])
  const path = [{ at: end, turn: 0 }]
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = before.get(top.at)?.[top.turn++]
    if (next === undefined) {
      left.push(top.at)
      path.pop()
    } else if (!seen.has(next)) {
      seen.add(next)
      path.push({ at: next, turn: 0 })
    }
  }
  return left.reverse()
}
