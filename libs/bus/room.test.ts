import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBucketRoom, RESERVE_SHARE } from './room.ts'

describe('the room of a bucket', () => {
  it('keeps a part free for the words of its writer about itself', () => {
    const room = createBucketRoom(() => 16_000)
    let kept = 0
    while (room.fits('problems', `p${kept}`, 500, false)) room.took('problems', `p${kept++}`, 500)
    expect(kept).toBeGreaterThan(15)
    expect(room.fits('problems', 'own', 500, true)).toBe(true)
    expect(room.fits('conditions', 'a', 500, false)).toBe(true)
    expect(room.fits('problems', 'p0', 400, false)).toBe(true)
    expect(room.fits('problems', 'p0', 5000, false)).toBe(false)
    room.gone('problems', 'p0')
    expect(room.fits('problems', 'other', 400, false)).toBe(true)
  })

  it('is never taken beyond the reserve, whatever is written and deleted', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.integer({ min: 0, max: 9000 })))
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const limit = 16_000
        const room = createBucketRoom(() => limit)
        const held = new Map<string, number>()
        for (const [key, bytes] of steps) {
          if (bytes === null) {
            room.gone('problems', key)
            held.delete(key)
          } else if (room.fits('problems', key, bytes, false)) {
            room.took('problems', key, bytes)
            held.set(key, bytes)
          }
        }
        const sum = [...held.values()].reduce((a, b) => a + b, 0)
        expect(sum).toBeLessThanOrEqual(limit * (1 - RESERVE_SHARE))
        room.clear()
        expect(room.fits('problems', 'x', 10_000, false)).toBe(true)
      }),
    )
  })
})
