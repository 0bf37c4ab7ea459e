import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK, type Chunk, enter, leave } from './chunks.ts'

function bytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + [...bytes.values()].reduce((all, one) => all + one, 0), 0)
}

describe('what stands in a stream', () => {
  it('is kept by neighbours, each source apart', () => {
    const chunks: Chunk[] = []
    for (let i = 1; i <= CHUNK; i++) enter(chunks, { name: i % 2 === 0 ? 'a' : 'b', size: 10, sequence: i })
    enter(chunks, { name: 'a', size: 1, sequence: CHUNK + 1 })
    expect(chunks.map(({ last, count }) => [last, count])).toEqual([
      [CHUNK, CHUNK],
      [CHUNK + 1, 1],
    ])
    expect(chunks[0]?.bytes).toEqual(
      new Map([
        ['a', 80],
        ['b', 80],
      ]),
    )
  })

  it('leaves when the last of its neighbours is taken, not before, and never comes back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 100 }), fc.array(fc.nat(120)), (sizes, looks) => {
        const chunks: Chunk[] = []
        for (const [i, size] of sizes.entries()) enter(chunks, { name: 'a', size, sequence: i + 1 })
        let left = bytesOf(chunks)
        for (const upTo of looks) {
          const gone = leave(chunks, upTo)
          for (const { last } of gone) expect(last).toBeLessThanOrEqual(upTo)
          left -= bytesOf(gone)
          expect(bytesOf(chunks)).toBe(left)
          expect(chunks[0]?.last ?? Number.POSITIVE_INFINITY).toBeGreaterThan(upTo)
        }
        expect(bytesOf(leave(chunks, sizes.length))).toBe(left)
        expect(chunks).toEqual([])
      }),
    )
  })
})
