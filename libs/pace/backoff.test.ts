import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, createBackoff } from './backoff.ts'

const limits = fc
  .record({
    minMs: fc.integer({ min: 1, max: 10_000 }),
    more: fc.integer({ min: 0, max: 100_000 }),
    steady: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ minMs, more, steady }) => ({ minMs, maxMs: minMs + more, steady }))

describe('the backoff', () => {
  it('doubles its ceiling up to the most, and begins again after a success', () => {
    const backoff = createBackoff({ minMs: 100, maxMs: 500, random: () => 1 })
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 500])
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })

  it('never waits less than half the least, than its steady part, or more than the most', () => {
    fc.assert(
      fc.property(limits, fc.nat(2000), (options, failures) => {
        const waitMs = backoffMs(failures, options)
        const ceiling = Math.min(options.maxMs, options.minMs * 2 ** failures)
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(options.minMs / 2, options.steady * ceiling))
        expect(waitMs).toBeLessThanOrEqual(options.maxMs)
      }),
    )
  })

  it('counts failures as who counts them himself', () => {
    fc.assert(
      fc.property(limits, fc.nat(50), (options, failures) => {
        const random = () => 0.3
        const backoff = createBackoff({ ...options, random })
        for (let i = 0; i < failures; i++) backoff.next()
        expect(backoff.next()).toBe(backoffMs(failures, { ...options, random }))
      }),
    )
  })

  it('is no matter of chance where it is steady', () => {
    const waits = [0, 1, 2, 3, 9].map((failures) => backoffMs(failures, { minMs: 100, maxMs: 2000, steady: 1 }))
    expect(waits).toEqual([100, 200, 400, 800, 2000])
  })

  it('is not the same for all who failed together', () => {
    const options = { minMs: 50, maxMs: 2000, steady: 0.5 }
    const waits = Array.from({ length: 50 }, () => backoffMs(6, options))
    expect(new Set(waits).size).toBeGreaterThan(40)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1000)
  })
})
