import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createOrder } from './order.ts'

describe('the order of the values of a key', () => {
  it('grows with each value', () => {
    const order = createOrder(7)
    const values = Array.from({ length: 2000 }, order)
    expect(values.toSorted()).toEqual(values)
    expect(new Set(values).size).toBe(values.length)
  })

  it('of a later life of the writer is above all of an earlier one', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 1_000_000 }), fc.nat({ max: 200 }), (life, later, count) => {
        const earlier = createOrder(life)
        for (let i = 0; i < count; i++) earlier()
        expect(createOrder(life + later)() > earlier()).toBe(true)
      }),
    )
  })
})
