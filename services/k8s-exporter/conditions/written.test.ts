import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import type { Desired } from './desired.ts'
import { NOT_KNOWN, WATCHED, WELL } from './rank.ts'
import { createWritten } from './written.ts'

const BAD = Math.max(WELL, WATCHED, NOT_KNOWN) + 1

function wish(type: string, rank: number): Desired {
  const at = new Date(0)
  return {
    type,
    types: [type],
    plugin: '',
    rank,
    status: 'True',
    reason: 'R',
    message: 'm',
    since: at,
    observed: at,
    exact: true,
  }
}

function wishes(...all: Desired[]): Map<string, Desired> {
  return new Map(all.map((one) => [one.type, one]))
}

function node(uid: string, ...types: string[]): KubeNode {
  return { metadata: { name: 'w1', uid }, status: { conditions: types.map((type) => ({ type, status: 'False' })) } }
}

describe('what was written on the node', () => {
  it('is taken over from an earlier exporter where it still stands on the same node', () => {
    const written = createWritten(10_000)
    written.adopt(node('other', 'A'), { uid: 'u', types: ['A', 'B'] })
    expect([...written.types]).toEqual([])
    written.adopt(node('u', 'A'), { uid: 'u', types: ['A', 'B'] })
    expect([...written.types]).toEqual(['A'])
    written.forget()
    expect([...written.types]).toEqual([])
  })

  it('is worse than before only when it is a problem now, and a greater one', () => {
    const written = createWritten(10_000)
    const desired = wishes(wish('A', BAD), wish('B', WELL))
    expect(written.worse(['A', 'B'], desired)).toEqual(['A'])
    written.wrote(['A', 'B'], desired, 0)
    expect(written.worse(['A', 'B'], desired)).toEqual([])
    written.removed(['A'])
    expect([[...written.types], written.worse(['A'], desired)]).toEqual([['B'], ['A']])
  })

  it('changes its words once a minute for a problem, and never alone for what is well', () => {
    const written = createWritten(10_000)
    expect([written.mayReword(wish('A', WELL), 0), written.mayReword(wish('A', BAD), 0)]).toEqual([false, true])
    written.wrote(['A'], wishes(wish('A', BAD)), 0)
    expect([59_999, 60_000].map((nowMs) => written.mayReword(wish('A', BAD), nowMs))).toEqual([false, true])
  })
})
