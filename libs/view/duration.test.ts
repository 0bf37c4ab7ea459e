import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderClock, renderDuration, renderDurationPrecise, renderTime, renderWindow } from './duration.ts'

const S = 1000
const MIN = 60 * S
const H = 60 * MIN

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [20 * S, '20 s'],
    [59.9 * S, '59 s'],
    [4 * MIN + 9 * S, '4 min'],
    [H, '1 h'],
    [2 * H + 27 * MIN, '2 h 27 min'],
    [47 * H + 59 * MIN, '47 h 59 min'],
    [76 * H, '3 d 4 h'],
    [7 * 24 * H, '7 d'],
    [-5, '0 s'],
    [Number.NaN, '0 s'],
    [Number.POSITIVE_INFINITY, '0 s'],
  ])('of %d ms reads %s', (ms, words) => {
    expect(renderDuration(ms)).toBe(words)
  })

  it('has its seconds below an hour where it is watched', () => {
    expect(renderDurationPrecise(7 * MIN + 42 * S)).toBe('7 min 42 s')
    expect(renderDurationPrecise(20 * S)).toBe('20 s')
    expect(renderDurationPrecise(2 * H + 5 * MIN)).toBe('2 h 5 min')
  })
})

describe('a window', () => {
  it.each([
    [0, '10 s'],
    [10 * S, '10 s'],
    [37.5 * S, '60 s'],
    [61 * S, '2 min'],
    [3 * H, '6 h'],
    [9 * 24 * H, '9 d'],
  ])('that holds %d ms is %s', (ms, words) => {
    expect(renderWindow(ms)).toBe(words)
  })

  it('is never shorter than what it holds', () => {
    const units = { s: S, min: MIN, h: H, d: 24 * H }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * 24 * H }), (ms) => {
        const [number, unit] = renderWindow(ms).split(' ') as [string, keyof typeof units]
        expect(Number(number) * units[unit]).toBeGreaterThanOrEqual(ms)
      }),
    )
  })
})

describe('a time of day', () => {
  const now = new Date('2026-05-12T03:14:20Z')

  it('is a clock today and has its day otherwise', () => {
    expect(renderClock(new Date('2026-05-12T03:10:11Z'), now)).toBe('03:10:11 UTC')
    expect(renderClock(new Date('2026-05-11T22:00:00Z'), now)).toBe('11 May 22:00:00 UTC')
    expect(renderClock(new Date(Number.NaN), now)).toBe('an unknown time')
  })

  it('falls back where the time is none', () => {
    expect(renderTime(new Date(Number.NaN), now)).toBe('2026-05-12T03:14:20.000Z')
    expect(renderTime(new Date(Number.NaN), new Date(Number.NaN))).toBe('1970-01-01T00:00:00.000Z')
  })
})
