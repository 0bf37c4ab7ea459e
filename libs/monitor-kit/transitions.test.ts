import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Health } from '#model'
import { observationOf } from './findings.ts'
import { createPresent, type Present } from './present.ts'
import { createTransitions } from './transitions.ts'

const at = (second: number) => new Date(second * 1000)
const RANK = { healthy: 0, unknown: 1, problem: 2 } as const

/** Says one thing after the other of a type's entities, and returns since when the type is what it is, each time. */
function sinceAfter(steps: readonly (readonly [entity: string, health: Health])[]): [Health, number][] {
  const present: Present = createPresent()
  const transitions = createTransitions()
  return steps.map(([entity, health], index) => {
    const finding = { type: 'T', entity, health, reason: 'R', message: '' }
    present.note([observationOf(finding, 'c', at(index + 1))], [])
    const all = [...present.conditions.values()]
    const worst = all.reduce<Health>((a, { latest }) => (RANK[latest.health] > RANK[a] ? latest.health : a), 'healthy')
    return [worst, transitions.note('T', worst, all).getTime() / 1000]
  })
}

describe('the time of transition of a type with several entities', () => {
  it('is when the first got bad and when the last got well, and never goes back', () => {
    expect(
      sinceAfter([
        ['a', 'healthy'],
        ['b', 'problem'],
        ['a', 'problem'],
        ['b', 'healthy'],
        ['a', 'healthy'],
      ]),
    ).toEqual([
      ['healthy', 1],
      ['problem', 2],
      ['problem', 2],
      ['problem', 2],
      ['healthy', 5],
    ])
  })

  it('goes on when what was unknown in between is the same again', () => {
    expect(
      sinceAfter([
        ['a', 'problem'],
        ['a', 'unknown'],
        ['a', 'problem'],
        ['a', 'unknown'],
        ['a', 'healthy'],
      ]).map(([, since]) => since),
    ).toEqual([1, 2, 1, 4, 5])
  })

  it('changes only with the status, whatever happens', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom<Health>('healthy', 'problem', 'unknown'))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const told = sinceAfter(steps)
        for (const [index, [health, since]] of told.entries()) {
          const [before, sinceBefore] = told[index - 1] ?? [health, since]
          if (health === before) expect(since).toBe(sinceBefore)
          expect(since).toBeLessThanOrEqual(index + 1)
          if (health !== 'unknown' && before !== 'unknown' && health !== before) expect(since).toBe(index + 1)
        }
      }),
    )
  })
})
