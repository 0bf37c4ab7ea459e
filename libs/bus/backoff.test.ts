import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

describe('the wait between attempts', () => {
  it('is never longer than it may be, and never none', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 100_000 }), (failures, maxMs) => {
        const waitMs = backoffMs(failures, maxMs)
        expect(waitMs).toBeGreaterThan(0)
        expect(waitMs).toBeLessThanOrEqual(maxMs)
      }),
    )
    fc.assert(fc.property(fc.nat(), (failures) => void expect(backoffMs(failures)).toBeLessThanOrEqual(2000)))
  })

  it('grows with the failures', () => {
    expect(Math.max(...Array.from({ length: 50 }, () => backoffMs(0)))).toBeLessThanOrEqual(50)
    expect(Math.min(...Array.from({ length: 50 }, () => backoffMs(6)))).toBeGreaterThanOrEqual(1000)
  })

  it('is not the same for all who lost the bus together', () => {
    expect(new Set(Array.from({ length: 50 }, () => backoffMs(5))).size).toBeGreaterThan(40)
  })
})
