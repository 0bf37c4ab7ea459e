import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRing } from './ring.ts'

describe('the last texts', () => {
  it('are kept, the oldest going first, up to their number', () => {
    const ring = createRing({ texts: 3, bytes: 100 })
    for (const text of ['a', 'b', 'c', 'd']) ring.push(text)
    expect([ring.length, ring.last(2), ring.last(9)]).toEqual([3, ['c', 'd'], ['b', 'c', 'd']])
  })

  it('are kept up to their bytes, and none is cut where the place ends', () => {
    const ring = createRing({ texts: 10, bytes: 10 })
    for (const text of ['aaaa', 'bbbb', 'cccc']) ring.push(text)
    expect(ring.last(9)).toEqual(['bbbb', 'cccc'])
    ring.push('€€€')
    expect(ring.last(9)).toEqual(['€€€'])
  })

  it('are none after one that has no place at all', () => {
    const ring = createRing({ texts: 10, bytes: 4 })
    ring.push('a')
    ring.push('12345')
    expect([ring.length, ring.last(1)]).toEqual([0, []])
    ring.push('b')
    expect(ring.last(9)).toEqual(['b'])
  })

  it('are the end of all that was said, as it was said, whatever that is', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { maxLength: 60 })
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 64 }), (said, most, bytes) => {
        const ring = createRing({ texts: most, bytes })
        for (const [i, text] of said.entries()) {
          ring.push(text)
          const kept = ring.last(said.length)
          expect(kept).toEqual(said.slice(0, i + 1).slice(i + 1 - ring.length))
          expect(ring.length).toBeLessThanOrEqual(most)
          expect(Buffer.byteLength(kept.join(''))).toBeLessThanOrEqual(bytes)
          if (Buffer.byteLength(text) <= bytes) expect(ring.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})
