import { describe, expect, it } from 'vitest'
import { createBudget } from './budget.ts'

describe('the budget of a source', () => {
  const one = (key: string) => [{ key, share: 1 }]

  it('gives what it has at once, and then as much as a minute allows', () => {
    const budget = createBudget({ perMinute: 10, burst: 3 })
    expect([0, 0, 0, 0].map((ms) => budget.take(one('a'), ms))).toEqual([true, true, true, false])
    expect([5999, 6001].map((ms) => budget.take(one('a'), ms))).toEqual([false, true])
  })

  it('of one is nothing to another', () => {
    const budget = createBudget({ perMinute: 1, burst: 1 })
    expect([budget.take(one('a'), 0), budget.take(one('a'), 0), budget.take(one('b'), 0)]).toEqual([true, false, true])
  })

  it('takes nothing from one key when another has nothing', () => {
    const budget = createBudget({ perMinute: 1, burst: 10 })
    const both = [
      { key: 's', share: 1 },
      { key: 's r', share: 0.2 },
    ]
    expect([1, 2, 3].map(() => budget.take(both, 0))).toEqual([true, true, false])
    expect(Array.from({ length: 9 }, () => budget.take(one('s'), 0)).filter(Boolean)).toHaveLength(8)
  })

  it('does not grow on times that go backwards', () => {
    const budget = createBudget({ perMinute: 60, burst: 1 })
    expect([10_000, 0, 10_000, 0, 11_001].map((ms) => budget.take(one('a'), ms))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
  })
})
