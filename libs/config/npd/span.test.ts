import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration } from '#golang'
import { parseDurationMs } from '../duration.ts'
import { parseJson } from './json.ts'
import { createReading } from './reading.ts'
import { span } from './span.ts'

function read(json: string) {
  const reading = createReading('f.json', json)
  const value = span.decode(parseJson(json), span.zero(), 'timeout', reading)
  return { value, faults: reading.faults.map(({ text }) => text) }
}

describe('a duration of a file of an external monitor', () => {
  it.each([
    ['"30s"', { text: '30s', ms: 30_000 }],
    ['30000000000', { text: '30s', ms: 30_000 }],
    ['"1m0.5s"', { text: '1m0.5s', ms: 60_500 }],
    ['"90000ms"', { text: '90000ms', ms: 90_000 }],
    ['"1.5m30s"', { text: '1.5m30s', ms: 120_000 }],
    ['"2000000us"', { text: '2s', ms: 2000 }],
    ['"30s1m"', { text: '1m30s', ms: 90_000 }],
    ['"0"', { text: '0s', ms: 0 }],
    ['null', undefined],
  ])('%s is %j', (json, value) => {
    expect(read(json)).toEqual({ value, faults: [] })
  })

  it.each([
    ['"1d"', '"1d" is not a duration: unknown unit "d" in duration "1d"; expected one such as "30s" or "1h30m"'],
    ['1e10', '1e10 is a number; expected a duration such as "30s", or nanoseconds as a whole number'],
    [
      '"500us"',
      '"500us" is less than a millisecond; expected a duration such as "30s", or nanoseconds as a whole number, as 30000000000',
    ],
    [
      '-30',
      '-30 nanoseconds are less than nothing; expected a duration such as "30s", or nanoseconds as a whole number, as 30000000000',
    ],
    ['[]', 'is a list; expected a duration such as "30s", or nanoseconds as a whole number'],
  ])('%s is none', (json, fault) => {
    expect(read(json)).toEqual({ value: undefined, faults: [fault] })
  })

  it('is the same as text and as nanoseconds, and a duration of ours', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1_000_000n, max: 2n ** 63n - 1n }), (nanoseconds) => {
        const [text, number] = [read(JSON.stringify(formatDuration(nanoseconds))), read(nanoseconds.toString())]
        expect(text.value?.ms).toBe(number.value?.ms)
        for (const { value, faults } of [text, number]) {
          expect(faults).toEqual([])
          expect(parseDurationMs(value?.text ?? '')).toBe(value?.ms)
        }
      }),
    )
  })
})
