import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackoff } from './backoff.ts'

describe('the backoff', () => {
  it('doubles its ceiling up to the most, and begins again after a success', () => {
    const backoff = createBackoff({ minMs: 100, maxMs: 500, random: () => 1 })
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 500])
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })

  it('never waits less than half the least or more than the most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 2000 }),
        (minMs, more, failures) => {
          const backoff = createBackoff({ minMs, maxMs: minMs + more })
          for (let i = 0; i < failures; i++) backoff.next()
          const wait = backoff.next()
          expect(wait).toBeGreaterThanOrEqual(minMs / 2)
          expect(wait).toBeLessThanOrEqual(minMs + more)
        },
      ),
    )
  })
})
