import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WaitingWrite } from './lanes.ts'
import { createTally } from './unstored.ts'

const waiting = (by: readonly string[], enteredMs: number, sinceMs = enteredMs) =>
  ({ by: new Set(by), enteredMs, sinceMs }) satisfies Partial<WaitingWrite>

describe('how old changes are that their buckets do not have', () => {
  it('is nothing where none waits', () => {
    expect(createTally().result()).toEqual({ sinceMs: undefined, behind: new Map() })
  })

  it('is one figure, but for those who keep their own back', () => {
    const tally = createTally()
    tally.waits(waiting(['system'], 500))
    tally.waits(waiting(['loud'], 100, 900))
    tally.waits(waiting(['loud', 'network'], 200, 900))
    expect(tally.result()).toEqual({
      sinceMs: 500,
      behind: new Map([
        ['loud', 100],
        ['network', 200],
      ]),
    })
  })

  it('is that of whoever tells of what the bus refuses; of what nobody can be told by, everybody’s', () => {
    const tally = createTally()
    const key = { type: 'Hot', entity: '' }
    tally.refused({ bucket: 'conditions', key: { ...key, monitor: 'a' }, value: undefined }, 10)
    tally.refused({ bucket: 'monitors', key: { name: 'b' }, value: undefined }, 20)
    tally.refused({ bucket: 'node_conditions', key, value: { sources: ['a', 'c'] } as never }, 5)
    tally.refused({ bucket: 'problems', key: { fingerprint: 'f' }, value: { source: 'd' } as never }, 30)
    expect(tally.result().sinceMs).toBeUndefined()
    expect(Object.fromEntries(tally.result().behind)).toEqual({ a: 5, b: 20, c: 5, d: 30 })
    tally.refused({ bucket: 'problems', key: { fingerprint: 'g' }, value: undefined }, 40)
    expect(tally.result().sinceMs).toBe(40)
  })

  it('never says of anybody that it is newer than it is, however many are behind', () => {
    const one = fc.record({ by: fc.nat(60), enteredMs: fc.nat(1_000), heldMs: fc.nat(1_000) })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 200 }), (all) => {
        const tally = createTally()
        for (const { by, enteredMs, heldMs } of all)
          tally.waits(waiting([`m${by}`], enteredMs, Math.max(enteredMs, heldMs)))
        const { sinceMs = Number.POSITIVE_INFINITY, behind } = tally.result()
        expect(behind.size).toBeLessThanOrEqual(32)
        for (const { by, enteredMs } of all)
          expect(Math.min(sinceMs, behind.get(`m${by}`) ?? sinceMs)).toBeLessThanOrEqual(enteredMs)
      }),
    )
  })
})
