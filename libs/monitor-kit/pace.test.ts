import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPace } from './pace.ts'

describe('a pace', () => {
  it('lets half a second go at once, and then one after the other', () => {
    const pace = createPace(10)
    let nowMs = 0
    const at: number[] = []
    while (at.length < 8) {
      const waitMs = pace.waitMs(nowMs)
      nowMs += waitMs
      if (waitMs > 0) continue
      pace.take(nowMs)
      at.push(nowMs)
    }
    expect(at.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(at[5]).toBeGreaterThanOrEqual(100)
    expect(at[7]).toBeGreaterThanOrEqual(300)
  })

  it('lets a dear one go in its turn, and the next wait for what it cost', () => {
    const pace = createPace(10)
    pace.take(0, 8)
    expect(pace.waitMs(0)).toBe(401)
    expect(pace.waitMs(401)).toBe(0)
  })

  it('never lets more through within a second than one and a half of its rate, and never stops', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(400), { maxLength: 50 }), (rate, pauses) => {
        const pace = createPace(rate)
        let nowMs = 0
        const at: number[] = []
        for (const pause of pauses) {
          nowMs += pause
          while (pace.waitMs(nowMs) === 0) {
            pace.take(nowMs)
            at.push(nowMs)
          }
          nowMs += pace.waitMs(nowMs)
          expect(pace.waitMs(nowMs)).toBe(0)
        }
        for (const time of at) {
          const within = at.filter((other) => other >= time && other < time + 1000).length
          expect(within).toBeLessThanOrEqual(Math.max(1, rate / 2) + rate + 1)
        }
      }),
    )
  })
})
