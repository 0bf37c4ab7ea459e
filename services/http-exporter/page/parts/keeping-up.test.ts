import { describe, expect, it } from 'vitest'
import type { ConditionView } from '#view'
import { FAR_ROWS_AT_ONCE, keepUp } from './keeping-up.ts'

function conditions(count: number, message: string): ConditionView[] {
  return Array.from({ length: count }, (_, index) => ({ id: `c${index}`, message }) as ConditionView)
}

const COUNT = FAR_ROWS_AT_ONCE * 2 + 50

describe('a change of everything', () => {
  it('is drawn at once where somebody looks, and in pieces elsewhere', () => {
    const drawn = new Map<string, ConditionView>()
    const before = conditions(COUNT, 'before')
    expect(keepUp(before, drawn, () => false)).toEqual({ conditions: before, behind: 0 })
    const after = conditions(COUNT, 'after')
    const isNear = ({ id }: ConditionView): boolean => id === `c${COUNT - 1}`
    const behind: number[] = []
    for (let frame = 0; frame < 3; frame++) {
      const now = keepUp(after, drawn, isNear)
      expect(now.conditions.map(({ id }) => id)).toEqual(after.map(({ id }) => id))
      expect(now.conditions.at(-1)?.message).toBe('after')
      behind.push(now.behind)
    }
    expect(behind).toEqual([FAR_ROWS_AT_ONCE + 49, 49, 0])
    expect(keepUp(after, drawn, isNear).conditions).toBe(after)
  })

  it('that is overtaken by another one ends with the last', () => {
    const drawn = new Map<string, ConditionView>()
    keepUp(conditions(COUNT, 'first'), drawn, () => false)
    keepUp(conditions(COUNT, 'second'), drawn, () => false)
    const last = conditions(COUNT, 'last')
    while (keepUp(last, drawn, () => false).behind > 0);
    expect([...drawn.values()].every(({ message }) => message === 'last')).toBe(true)
  })
})

it('what is gone is not kept', () => {
  const drawn = new Map<string, ConditionView>()
  keepUp(conditions(COUNT, 'before'), drawn, () => false)
  keepUp(conditions(2, 'after'), drawn, () => false)
  expect(drawn.size).toBe(2)
})
