import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDurationMs, renderDuration } from './duration.ts'

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1m500ms', 60_500],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is read', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })

  it.each([
    '',
    '30',
    's',
    '-5s',
    '+5s',
    '5 s',
    ' 5s',
    '5s ',
    '1e3s',
    '30s5m',
    '5m5m',
    '1.s',
    '.5s',
    '5S',
    '5sec',
    '5µs',
    '٣s',
  ])('"%s" is no duration', (text) => {
    expect(parseDurationMs(text)).toBeUndefined()
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }), (ms) => {
        expect(parseDurationMs(renderDuration(ms))).toBe(ms)
      }),
    )
  })

  it('takes any text without throwing, and answers with whole milliseconds or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,12}[dhms]{0,3}[0-9.]{0,12}[dhms]{0,3}$/)),
        (text) => {
          const ms = parseDurationMs(text)
          expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true)
        },
      ),
    )
  })
})
