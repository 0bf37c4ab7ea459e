import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBudget } from './budget.ts'

describe('the budget of a source', () => {
  const one = (key: string) => [{ key, share: 1 }]

  it('gives what it has at once, and then as much as a minute allows', () => {
    const budget = createBudget({ perMinute: 10, burst: 3 })
    expect([0, 0, 0, 0].map((ms) => budget.take(one('a'), ms, ms))).toEqual([true, true, true, false])
    expect([5999, 6001].map((ms) => budget.take(one('a'), ms, ms))).toEqual([false, true])
  })

  it('of one is nothing to another', () => {
    const budget = createBudget({ perMinute: 1, burst: 1 })
    expect([budget.take(one('a'), 0, 0), budget.take(one('a'), 0, 0), budget.take(one('b'), 0, 0)]).toEqual([
      true,
      false,
      true,
    ])
  })

  it('takes nothing from one key when another has nothing', () => {
    const budget = createBudget({ perMinute: 1, burst: 10 })
    const both = [
      { key: 's', share: 1 },
      { key: 's r', share: 0.2 },
    ]
    expect([1, 2, 3].map(() => budget.take(both, 0, 0))).toEqual([true, true, false])
    expect(Array.from({ length: 9 }, () => budget.take(one('s'), 0, 0)).filter(Boolean)).toHaveLength(8)
  })

  it('does not grow on times that go backwards', () => {
    const budget = createBudget({ perMinute: 60, burst: 1 })
    expect([10_000, 0, 10_000, 0, 11_001].map((ms) => budget.take(one('a'), ms, 20_000))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
  })

  it('gives no source more than time has brought, whatever times it claims', () => {
    const times = fc.array(fc.tuple(fc.integer({ min: -86_400_000, max: 86_400_000 }), fc.nat(5000)))
    fc.assert(
      fc.property(times, (all) => {
        const budget = createBudget({ perMinute: 60, burst: 3 })
        let nowMs = 0
        let taken = 0
        // The first time that is seen may lie long ago: from it on time counts.
        const [begins] = all.map(([ms]) => Math.min(0, ms))
        let firstMs = begins ?? 0
        for (const [claimedMs, laterMs] of all) {
          nowMs += laterMs
          firstMs = Math.min(firstMs, claimedMs)
          if (budget.take(one('a'), claimedMs, nowMs)) taken++
        }
        expect(taken).toBeLessThanOrEqual(3 + Math.ceil((nowMs - firstMs) / 1000))
      }),
    )
  })

  it('goes on where the wall clock is set back, with what it has', () => {
    const budget = createBudget({ perMinute: 10, burst: 1 })
    const dayMs = 86_400_000
    expect(budget.take(one('a'), dayMs, dayMs)).toBe(true)
    expect(budget.take(one('a'), 0, 0)).toBe(false)
    const minutes = Array.from({ length: 199 }, (_, i) => (i + 1) * 60_000)
    expect(minutes.filter((ms) => budget.take(one('a'), ms, ms))).toHaveLength(199)
    expect(budget.take(one('a'), dayMs, 199 * 60_000)).toBe(false)
  })
})
