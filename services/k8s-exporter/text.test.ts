import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutBytes, kubeTime, wholeSecond } from './text.ts'

describe('text for the API server', () => {
  it('is as it was, while it is short: percent signs and quotes are text', () => {
    expect(cutBytes('100%d used, %!s(MISSING) "x" \\ é 😀', 1024)).toBe('100%d used, %!s(MISSING) "x" \\ é 😀')
  })

  it('is cut between characters', () => {
    expect(cutBytes('ééééé', 9)).toBe('ééé…')
    expect(cutBytes('😀😀😀', 11)).toBe('😀😀…')
  })

  it('never has more bytes than are allowed, and never half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 3, max: 200 }), (text, max) => {
        const cut = cutBytes(text, max)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(Math.max(max, 3))
        expect(cut.isWellFormed()).toBe(true)
        if (Buffer.byteLength(text.toWellFormed()) <= max) expect(cut).toBe(text.toWellFormed())
        else expect(text.toWellFormed().startsWith(cut.slice(0, -1))).toBe(true)
      }),
    )
  })

  it('has times in whole seconds', () => {
    expect(kubeTime(new Date('2026-05-12T03:14:20.999Z'))).toBe('2026-05-12T03:14:20Z')
    expect(wholeSecond(new Date('2026-05-12T03:14:20.999Z'))).toEqual(new Date('2026-05-12T03:14:20Z'))
  })
})
