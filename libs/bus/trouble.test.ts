import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTrouble } from './trouble.ts'

describe('the trouble of a store', () => {
  it('lasts since the first failure of the part that fails longest', () => {
    const trouble = createTrouble()
    expect(trouble.sinceMs()).toBeUndefined()
    trouble.failed('nd.event', 5)
    trouble.failed('nd.event', 9)
    trouble.failed('$KV.problems', 7)
    expect(trouble.sinceMs()).toBe(5)
    trouble.succeeded('nd.event')
    expect(trouble.sinceMs()).toBe(7)
    trouble.clear()
    expect(trouble.sinceMs()).toBeUndefined()
  })

  it('is over when every part took something since', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean())), (writes) => {
        const trouble = createTrouble()
        const failing = new Set<string>()
        writes.forEach(([part, isTaken], nowMs) => {
          if (isTaken) trouble.succeeded(part)
          else trouble.failed(part, nowMs)
          if (isTaken) failing.delete(part)
          else failing.add(part)
        })
        expect(trouble.sinceMs() === undefined).toBe(failing.size === 0)
      }),
    )
  })
})
