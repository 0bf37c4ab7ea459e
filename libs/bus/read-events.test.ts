import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { untakenAfter } from './untaken.ts'

const standing = (lastSequence: number, ...taken: readonly number[]) => ({
  firstSequence: 1,
  lastSequence,
  readers: taken.map((takenUpTo, i) => ({ service: `s${i}`, takenUpTo })),
})

describe('events that nobody took', () => {
  it('begin after what the furthest reader has, also where others have less', () => {
    expect(untakenAfter(standing(10, 4, 7), 100)).toBe(7)
    expect(untakenAfter(standing(10, 10, 0), 100)).toBe(10)
  })

  it('are at most so many of the newest, whoever lags, and none that one has taken', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.nat(1000)), fc.nat(50), (last, taken, limit) => {
        const after = untakenAfter(standing(last, ...taken), limit)
        expect(last - after).toBeLessThanOrEqual(limit)
        for (const one of taken) expect(after).toBeGreaterThanOrEqual(one)
        expect([last - limit, ...taken]).toContain(after)
      }),
    )
  })
})
