import { describe, expect, it } from 'vitest'
import { createSetAside, ROW_MS, type SetAside } from './set-aside.ts'

const numbered = (sequence: number, incarnation = 5) => ({ sequence, incarnation })

/** The detector fails at one of this number so often, each time in a session of its own. */
function fail(aside: SetAside, sequence: number, times: number, nowMs = 0): void {
  for (let n = 0; n < times; n++) aside.failed(numbered(sequence), nowMs)
}

describe('reports that are set aside', () => {
  it('have been set aside up to the highest number of their life, since receipts go that far', () => {
    const aside = createSetAside()
    fail(aside, 1, 3)
    fail(aside, 2, 3)
    expect([1, 2, 3].map((sequence) => aside.has(numbered(sequence)))).toEqual([true, true, false])
    expect(aside.has(numbered(1, 6))).toBe(false)
  })

  it('are so at the third failure in a row, whatever their numbers, and say so', () => {
    const aside = createSetAside()
    expect(aside.failed(numbered(7), 0)).toBeUndefined()
    expect(aside.failed(numbered(8), ROW_MS)).toBeUndefined()
    expect(aside.failed(numbered(9), 2 * ROW_MS)).toEqual({
      count: 1,
      where: 'at its reports 3 times in a row',
      isTold: true,
    })
    expect(aside.failed(numbered(0, 0), 2 * ROW_MS)).toMatchObject({ count: 2 })
    expect(aside.has(numbered(0, 0))).toBe(false)
  })

  it('are not so where others failed long before, but for one that fails for the third time', () => {
    const aside = createSetAside()
    fail(aside, 1, 2)
    expect(aside.failed(numbered(2), ROW_MS + 1)).toBeUndefined()
    expect(aside.failed(numbered(2), 3 * ROW_MS)).toBeUndefined()
    expect(aside.failed(numbered(2), 5 * ROW_MS)).toMatchObject({ where: 'at it 3 times' })
  })

  it('are told once a second where they are many', () => {
    const aside = createSetAside()
    fail(aside, 1, 2)
    const told = Array.from({ length: 100 }, (_, n) => aside.failed(numbered(2 + n), n * 50)?.isTold)
    expect(told.filter(Boolean)).toHaveLength(14)
  })
})
