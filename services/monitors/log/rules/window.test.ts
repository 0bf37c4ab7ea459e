import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countedIn } from './window.ts'

const times = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 60 })

test('of times in order it is full exactly where so many lie within the window', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 60 }), (all, count, withinMs) => {
      const sorted = [...all].sort((a, b) => a - b)
      let kept: readonly number[] = []
      for (const [index, at] of sorted.entries()) {
        const counted = countedIn(kept, at, { count, withinMs })
        kept = counted.times
        const within = sorted.slice(0, index + 1).filter((time) => at - time < withinMs)
        expect(counted.isFull).toBe(within.length >= count)
      }
    }),
  )
})

test('whatever the clock does it keeps no more than it needs, and is never full of what lies further apart', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 60 }), (all, count, withinMs) => {
      let kept: readonly number[] = []
      for (const [index, at] of all.entries()) {
        const counted = countedIn(kept, at, { count, withinMs })
        kept = counted.times
        expect(kept.length).toBeLessThan(count)
        const near = all.slice(0, index + 1).filter((time) => Math.abs(at - time) < withinMs)
        if (counted.isFull) expect(near.length).toBeGreaterThanOrEqual(count)
      }
    }),
  )
})
