import { describe, expect, it } from 'vitest'
import { createShedBook } from './shed.ts'

const shed = (count: number, monitor = 'log') => ({ monitor, severity: 'warning' as const, count })

describe('what there was no room for', () => {
  it('is told at once, then once a minute with what came since, and not when nothing came', () => {
    const book = createShedBook()
    book.saw([shed(1)])
    expect(book.due(0)).toEqual([
      {
        monitor: 'log',
        text: 'monitor log: 1 event was counted and not told; those before them, which no exporter has taken yet, fill what one monitor may have of the bus',
      },
    ])
    book.saw([shed(5), shed(7)])
    expect(book.due(59_999)).toEqual([])
    expect(book.due(60_000)).toMatchObject([{ text: expect.stringContaining('12 events were counted and not told') }])
    expect(book.due(200_000)).toEqual([])
    book.saw([shed(2)])
    expect(book.due(200_001)).toMatchObject([{ text: expect.stringContaining('2 events were') }])
  })

  it('is summed up by monitor and severity, and is no news of the detector itself', () => {
    const book = createShedBook()
    const all = [shed(1), shed(2), { ...shed(4), severity: 'critical' as const }, shed(8, 'detector')]
    expect(book.sums(all)).toEqual([shed(3), { ...shed(4), severity: 'critical' }, shed(8, 'detector')])
    book.saw([shed(8, 'detector')])
    expect(book.due(0)).toEqual([])
  })
})
