import { describe, expect, it } from 'vitest'
import { isInside, renderFigure } from './figure.ts'

const ECHO = { name: 'raw echo', value: 0.1 }

describe('a figure', () => {
  it.each([
    [{ max: 1 }, true],
    [{ max: 0.2 }, false],
    [{ min: 0.3 }, true],
    [{ min: 0.31 }, false],
    [{ max: 1, min: 1 }, false],
    [{ maxRatio: 3.1 }, true],
    [{ maxRatio: 2.9 }, false],
    [{ minRatio: 3.1 }, false],
  ])('of 0.3, three times the echo, with the budget %j is inside: %s', (budget, inside) => {
    expect(isInside({ name: 'call', value: 0.3, unit: 'ms', budget, comparedWith: ECHO })).toBe(inside)
  })

  it('is outside when it is to be compared and nothing ran beside it', () => {
    expect(isInside({ name: 'call', value: 0.3, unit: 'ms', budget: { maxRatio: 3 } })).toBe(false)
  })

  it('says its budget and what ran beside it', () => {
    const text = renderFigure({ name: 'call, p50', value: 0.25, unit: 'ms', budget: { max: 0.35 }, comparedWith: ECHO })
    expect(text.replace(/ +/g, ' ')).toBe('inside call, p50 0.25 ms budget ≤ 0.35 ms raw echo beside it 0.1 ms (× 2.5)')
  })
})
