import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPacer, URGENT_PER_MINUTE } from './pacer.ts'

/** What is sent of what changes at these times, as the writer does it. */
function sent(changes: readonly { readonly atMs: number; readonly worse: readonly string[] }[], intervalMs = 10_000) {
  const pacer = createPacer(intervalMs)
  return changes.filter(({ atMs, worse }) => {
    if (pacer.waitMs(atMs, worse) > 0) return false
    pacer.wrote(atMs, worse)
    return true
  })
}

describe('how often a node is written', () => {
  it('a first change goes at once, further ones together once per interval', () => {
    const pacer = createPacer(10_000)
    expect(pacer.waitMs(1000, [])).toBe(0)
    pacer.wrote(1000, [])
    expect(pacer.waitMs(1500, [])).toBe(9500)
    expect(pacer.waitMs(11_000, [])).toBe(0)
  })

  it('a worse one goes at once, and what comes and goes does not again', () => {
    const pacer = createPacer(10_000)
    pacer.wrote(0, [])
    expect(pacer.waitMs(100, ['A'])).toBe(0)
    pacer.wrote(100, ['A'])
    expect(pacer.waitMs(2100, ['A'])).toBe(8000)
    expect(pacer.waitMs(2100, ['A', 'B'])).toBe(0)
    expect(pacer.waitMs(61_000, ['A'])).toBe(0)
  })

  it('is within six a minute beside one per interval, whatever flaps', () => {
    const names = fc.subarray(Array.from({ length: 40 }, (_, i) => `T${i}`))
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 1, max: 900 }), worse: names }), { maxLength: 400 })
    fc.assert(
      fc.property(steps, (all) => {
        let atMs = 0
        const changes = all.map(({ afterMs, worse }) => {
          atMs += afterMs
          return { atMs, worse }
        })
        const written = sent(changes)
        for (const { atMs: from } of written) {
          const minute = written.filter((one) => one.atMs >= from && one.atMs < from + 60_000).length
          expect(minute).toBeLessThanOrEqual(6 + 2 * URGENT_PER_MINUTE)
        }
      }),
    )
  })
})
