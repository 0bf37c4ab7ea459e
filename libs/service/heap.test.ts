import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPiledUp } from './heap.ts'

const MIB = 1024 * 1024

describe('what has piled up in a heap', () => {
  it('is collected from 2 MiB on in a small one', () => {
    expect(isPiledUp(6 * MIB, 4 * MIB)).toBe(false)
    expect(isPiledUp(6 * MIB + 1, 4 * MIB)).toBe(true)
  })

  it('is collected from an eighth on in a large one', () => {
    expect(isPiledUp(90 * MIB, 80 * MIB)).toBe(false)
    expect(isPiledUp(90 * MIB + 1, 80 * MIB)).toBe(true)
  })

  it('is never more than 2 MiB or an eighth of what is in use', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), (inUse, pile) => {
        expect(isPiledUp(inUse + pile, inUse)).toBe(pile > Math.max(2 * MIB, inUse / 8))
      }),
    )
  })
})
