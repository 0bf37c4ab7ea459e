import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMisconductBook, type Misconduct } from './misconduct.ts'

const NAME: Misconduct = { kind: 'name-invalid', text: 'condition Hot has no reason' }
const MANY: Misconduct = { kind: 'too-many', text: '2000 events in one report, 1000 are taken' }
const SECOND = 1000
const MINUTE = 60 * SECOND

/** What is told, and after how many seconds, while the same comes every `everyMs`. */
function told(of: readonly Misconduct[], everyMs: number, lengthMs: number): [number, string][] {
  const book = createMisconductBook()
  const all: [number, string][] = []
  for (let ms = 0; ms <= lengthMs; ms += everyMs) {
    const text = book.saw('gpu', of, ms)
    if (text !== undefined) all.push([ms / SECOND, text])
  }
  return all
}

describe('what a monitor does that it may not', () => {
  it('is told at once, and while it goes on ever more seldom, with how often it was', () => {
    expect(told([NAME], SECOND, 15 * MINUTE)).toEqual([
      [0, 'monitor gpu: condition Hot has no reason'],
      [60, 'monitor gpu: condition Hot has no reason; 60 times since this was told last'],
      [180, 'monitor gpu: condition Hot has no reason; 120 times since this was told last'],
      [420, 'monitor gpu: condition Hot has no reason; 240 times since this was told last'],
      [720, 'monitor gpu: condition Hot has no reason; 300 times since this was told last'],
    ])
  })

  it('is told each time where it comes once in five minutes', () => {
    expect(told([NAME], 5 * MINUTE, 20 * MINUTE).map(([second]) => second)).toEqual([0, 300, 600, 900, 1200])
  })

  it('is told by its first words, and how many others there are', () => {
    const book = createMisconductBook()
    expect(book.saw('gpu', [NAME, { ...NAME, text: 'condition Cold has no reason' }], 0)).toBe(
      'monitor gpu: condition Hot has no reason (and 1 more)',
    )
    expect(book.saw('gpu', [], 1)).toBeUndefined()
  })

  it('of another kind, or of another monitor, is told at once, and nothing of what was told already', () => {
    const book = createMisconductBook()
    expect(book.saw('gpu', [NAME], 0)).toBeDefined()
    expect(book.saw('gpu', [NAME, MANY], SECOND)).toBe('monitor gpu: 2000 events in one report, 1000 are taken')
    expect(book.saw('disk', [NAME], SECOND)).toBe('monitor disk: condition Hot has no reason')
    expect(book.saw('gpu', [NAME, MANY], SECOND)).toBeUndefined()
  })

  it('that ended for ten minutes is news', () => {
    const book = createMisconductBook()
    book.saw('gpu', [NAME], 0)
    book.saw('gpu', [NAME], SECOND)
    expect(book.saw('gpu', [NAME], 11 * MINUTE + SECOND)).toBe('monitor gpu: condition Hot has no reason')
  })

  it('is told before its problem could count as absent, however often it comes, and every time is counted', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 9 * MINUTE }), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(gaps, (all) => {
        const book = createMisconductBook()
        let ms = 0
        let toldMs = 0
        let times = 0
        let counted = book.saw('gpu', [NAME], ms) === undefined ? 0 : 1
        for (const gap of all) {
          ms += gap
          times++
          const text = book.saw('gpu', [NAME], ms)
          if (text === undefined) {
            expect(ms - toldMs).toBeLessThan(10 * MINUTE)
            continue
          }
          counted += Number(/ ([0-9]+) times since/.exec(text)?.[1] ?? 1)
          expect(counted).toBe(times + 1)
          toldMs = ms
        }
      }),
    )
  })

  it('is remembered of so many monitors and no more', () => {
    const book = createMisconductBook()
    for (let i = 0; i < 5000; i++) book.saw(`m${i}`, [NAME], i)
    expect(book.size).toBeLessThanOrEqual(1024)
  })
})
