import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRate } from './rate.ts'
import { createRates } from './rates.ts'

const rates = fc.record({
  perSecond: fc.double({ min: 0.001, max: 100_000, noNaN: true }),
  burst: fc.double({ min: 1, max: 1_000_000, noNaN: true }),
})

describe('a rate', () => {
  it('lets a second’s worth through at once and then as many as time allows', () => {
    const rate = createRate(10)
    expect(Array.from({ length: 15 }, () => rate.take(0)).filter(Boolean)).toHaveLength(10)
    expect(rate.waitMs(0)).toBe(100)
    expect(rate.take(50)).toBe(false)
    expect(rate.take(200)).toBe(true)
  })

  it('lets what costs more than the bucket holds through when the bucket is full, and is owed it afterwards', () => {
    const rate = createRate(10)
    expect(rate.take(0, 25)).toBe(true)
    expect(rate.take(1000, 1)).toBe(false)
    expect(rate.waitMs(1000, 1)).toBe(600)
    expect(rate.waitMs(1000, 25)).toBe(1500)
    expect(rate.take(2500, 25)).toBe(true)
  })

  it('lets the next wait for what was spent beyond what is there', () => {
    const rate = createRate(10, 5)
    rate.spend(0, 8)
    expect(rate.waitMs(0)).toBe(400)
    expect(rate.waitMs(399)).toBe(1)
    expect(rate.waitMs(400)).toBe(0)
  })

  it('never lets more through than its burst, what time has brought and what one is owed, whatever times come in', () => {
    const asked = fc.array(
      fc.tuple(fc.integer({ min: -5000, max: 60_000 }), fc.double({ min: 0, max: 50, noNaN: true })),
    )
    fc.assert(
      fc.property(rates, asked, ({ perSecond, burst }, asks) => {
        const rate = createRate(perSecond, burst)
        let taken = 0
        for (const [nowMs, cost] of asks) if (rate.take(nowMs, cost)) taken += cost
        const times = asks.map(([nowMs]) => nowMs)
        const passedMs = asks.length === 0 ? 0 : Math.max(...times) - Math.min(...times)
        const owed = Math.max(0, ...asks.map(([, cost]) => cost - burst))
        expect(taken).toBeLessThanOrEqual((burst + owed + (perSecond * passedMs) / 1000) * (1 + 1e-6))
      }),
    )
  })

  it('has what was asked for once the wait that it named is over, and not two milliseconds before', () => {
    const steps = fc.array(fc.tuple(fc.nat(2000), fc.double({ min: 0.1, max: 30, noNaN: true })), { maxLength: 40 })
    fc.assert(
      fc.property(rates, steps, ({ perSecond, burst }, all) => {
        const rate = createRate(perSecond, burst)
        let nowMs = 0
        for (const [pauseMs, cost] of all) {
          nowMs += pauseMs
          const waitMs = rate.waitMs(nowMs, cost)
          if (waitMs > 2) expect(rate.waitMs(nowMs + waitMs - 2, cost)).toBeGreaterThan(0)
          nowMs += waitMs
          expect(rate.take(nowMs, cost)).toBe(true)
        }
      }),
    )
  })
})

describe('rates by key', () => {
  it('are apart from each other', () => {
    const known = createRates(10)
    const of = (key: string) => known.of(key, () => createRate(1, 1))
    expect([of('a').take(0), of('a').take(0), of('b').take(0)]).toEqual([true, false, true])
  })

  it('are bounded: the key that was used longest ago is forgotten, and full when it comes again', () => {
    const known = createRates(2)
    const of = (key: string) => known.of(key, () => createRate(1, 1))
    for (const key of ['a', 'b', 'a', 'c']) of(key).take(0)
    expect([of('a').take(0), of('c').take(0), of('b').take(0)]).toEqual([false, false, true])
  })
})
