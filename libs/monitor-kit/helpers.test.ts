import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, formatPercent } from './format.ts'
import { createCounterDelta } from './rate.ts'
import { createStreak } from './streak.ts'

describe('a streak', () => {
  it('counts checks in a row, and says when there are enough', () => {
    const streak = createStreak(3)
    expect([true, true, true, true, false, true].map((isOver) => streak.over(isOver))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ])
    expect(streak.count).toBe(1)
  })
})

describe('a counter', () => {
  it('tells growth and rate from the second reading on', () => {
    const counter = createCounterDelta()
    expect(counter.next(100, 1000)).toBeUndefined()
    expect(counter.next(130, 3000)).toEqual({ delta: 30, perSecond: 15 })
    expect(counter.next(130, 4000)).toEqual({ delta: 0, perSecond: 0 })
  })

  it('that went backwards was reset, and grew by what it has now', () => {
    const counter = createCounterDelta()
    counter.next(100, 0)
    expect(counter.next(7, 1000)).toEqual({ delta: 7, perSecond: 7 })
  })

  it('never tells a negative or senseless growth', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(1000))), (readings) => {
        const counter = createCounterDelta()
        let atMs = 0
        for (const [value, pauseMs] of readings) {
          atMs += pauseMs
          const grown = counter.next(value, atMs)
          if (grown === undefined) continue
          expect(grown.delta).toBeGreaterThanOrEqual(0)
          expect(Number.isFinite(grown.perSecond)).toBe(true)
        }
      }),
    )
  })
})

describe('numbers for people', () => {
  it.each([
    [0.962, '96.2 %'],
    [0.5, '50 %'],
    [0.034, '3.4 %'],
    [1, '100 %'],
    [0, '0 %'],
    [0.8549, '85 %'],
    [Number.NaN, '– %'],
  ])('%d is %s', (ratio, text) => {
    expect(formatPercent(ratio)).toBe(text)
  })

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [8_160_437_862, '7.6 GiB'],
    [1024 ** 3, '1 GiB'],
    [200 * 1024 ** 3, '200 GiB'],
    [1024 ** 3 - 1, '1 GiB'],
    [5 * 1024 ** 6, '5120 PiB'],
    [-5, '0 B'],
    [Number.NaN, '0 B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0, '0 ms'],
    [350, '350 ms'],
    [999.7, '1 s'],
    [59_700, '1 min'],
    [240_000, '4 min'],
    [8_820_000, '2 h 27 min'],
    [7_200_000, '2 h'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
