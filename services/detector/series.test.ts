import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MetricSample } from '#model'
import { createSeriesBook } from './series.ts'

function sample(name: string, labels: Record<string, string> = {}): MetricSample {
  return { name, labels, value: 1 }
}

const LIMITS = { perMonitor: 3, ofPlugIns: 5 }

describe('the series of plug-ins', () => {
  it('are those that are known, and new ones while one has room', () => {
    const book = createSeriesBook(LIMITS)
    const first = ['0', '1'].map((gpu) => sample('temp', { gpu }))
    expect(book.take('a', first, 0)).toEqual({ taken: first, refused: 0, why: '' })
    const more = ['1', '2', '3', '4'].map((gpu) => sample('temp', { gpu }))
    expect(book.take('a', more, 0)).toEqual({
      taken: [more[0], more[1]],
      refused: 2,
      why: 'one monitor may have 3',
    })
    expect(book.take('a', [sample('temp', { gpu: '0' })], 0).refused).toBe(0)
  })

  it('are bounded for all together, and free again with who is forgotten', () => {
    const book = createSeriesBook(LIMITS)
    const three = ['x', 'y', 'z'].map((name) => sample(name))
    book.take('a', three, 0)
    expect(book.take('b', three, 0)).toMatchObject({ refused: 1, why: 'all plug-ins together may have 5' })
    book.forget('a')
    expect(book.take('b', three, 0)).toMatchObject({ refused: 0 })
  })

  it('make room when they were not told for an hour', () => {
    const book = createSeriesBook(LIMITS)
    book.take('a', [sample('x'), sample('y'), sample('z')], 0)
    book.take('a', [sample('x')], 3_500_000)
    expect(book.take('a', [sample('new')], 3_600_000).refused).toBe(1)
    expect(book.take('a', [sample('new'), sample('newer'), sample('newest')], 3_660_001)).toMatchObject({
      refused: 1,
      taken: [{ name: 'new' }, { name: 'newer' }],
    })
  })

  it('make room for those of others too, however silent whoever has them is', () => {
    const book = createSeriesBook(LIMITS)
    book.take('a', [sample('x'), sample('y'), sample('z')], 0)
    book.take('b', [sample('x'), sample('y')], 1_000_000)
    expect(book.take('c', [sample('x')], 3_600_000)).toMatchObject({
      refused: 1,
      why: 'all plug-ins together may have 5',
    })
    const four = ['p', 'q', 'r', 's'].map((name) => sample(name))
    expect(book.take('c', four, 3_660_001)).toMatchObject({ refused: 1, why: 'one monitor may have 3' })
    expect(book.take('b', [sample('x'), sample('y')], 3_660_001).refused).toBe(0)
  })

  it('are never more than there is room for in an hour, whoever tells what, and one that stays is never refused', () => {
    const told = fc.record({
      monitor: fc.constantFrom('a', 'b', 'c'),
      names: fc.array(fc.constantFrom('p', 'q', 'r', 's', 't', 'u'), { maxLength: 6 }),
      afterMs: fc.nat(700_000),
    })
    fc.assert(
      fc.property(fc.array(told, { maxLength: 30 }), (all) => {
        const book = createSeriesBook(LIMITS)
        const seen = new Map<string, number>()
        let nowMs = 0
        for (const { monitor, names, afterMs } of all) {
          nowMs += afterMs
          const { taken, refused } = book.take(
            monitor,
            names.map((name) => sample(name)),
            nowMs,
          )
          expect(taken.length + refused).toBe(names.length)
          const isTaken = new Set(taken.map(({ name }) => name))
          for (const name of names) {
            const at = seen.get(`${monitor} ${name}`)
            if (at !== undefined && nowMs - at <= 3_600_000) expect(isTaken).toContain(name)
          }
          for (const name of isTaken) seen.set(`${monitor} ${name}`, nowMs)
          const alive = [...seen].filter(([, at]) => nowMs - at <= 3_600_000).map(([key]) => key)
          expect(alive.length).toBeLessThanOrEqual(5)
          expect(alive.filter((key) => key.startsWith(`${monitor} `)).length).toBeLessThanOrEqual(3)
        }
      }),
    )
  })
})
