import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  compileLayout,
  DurationError,
  formatDuration,
  parseDuration,
  quote,
  sprintf,
  TimeError,
  trimSpace,
} from './index.ts'

interface Tables {
  readonly durations: readonly { text: string; nanoseconds?: string; printed?: string; error?: string }[]
  readonly quoted: Readonly<Record<string, string>>
  readonly bytes: Readonly<Record<string, string>>
  readonly formats: Readonly<Record<string, string>>
  readonly spaced: Readonly<Record<string, string>>
  readonly times: readonly GoTime[]
}

interface GoTime {
  readonly layout: string
  readonly text: string
  readonly unixMs: number
  readonly nanosecond: number
  readonly year: number
  readonly in2025: number
  readonly error?: string
}

const FILE = join(import.meta.dirname, 'fixtures/tables.json')
const tables = JSON.parse(readFileSync(FILE, 'utf8')) as Tables

function said<T>(say: () => T): T | string {
  try {
    return say()
  } catch (err) {
    return (err as Error).message
  }
}

describe('what Go says of', () => {
  it.each(tables.durations)('the duration "$text"', ({ text, nanoseconds, printed, error }) => {
    const found = said(() => parseDuration(text))
    expect(String(found)).toBe(error ?? nanoseconds)
    if (typeof found === 'bigint') expect(formatDuration(found)).toBe(printed)
  })

  it.each(Object.entries(tables.quoted))('the text %j, quoted', (text, quoted) => {
    expect(quote(text)).toBe(quoted)
    expect(quote(Buffer.from(text))).toBe(quoted)
  })

  it('texts that are formats by mistake', () => {
    expect(Object.fromEntries(Object.keys(tables.formats).map((text) => [text, sprintf(text)]))).toEqual(tables.formats)
  })

  it.each(Object.entries(tables.bytes))('the bytes %s, quoted', (bytes, quoted) => {
    expect(quote(Buffer.from(bytes, 'base64'))).toBe(quoted)
  })

  it.each(Object.entries(tables.spaced))('the white space of %j', (text, trimmed) => {
    expect(trimSpace(text)).toBe(trimmed)
    expect(trimSpace(Buffer.from(text)).toString()).toBe(trimmed)
  })
})

describe('in New York, what Go says of', () => {
  const before = process.env['TZ']
  beforeAll(() => {
    process.env['TZ'] = 'America/New_York'
  })
  afterAll(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  it.each(tables.times)('the time $text as $layout', ({ layout, text, error, ...time }) => {
    const found = said(() => {
      const { date, year, nanosecond, inYear } = compileLayout(layout).parse(text)
      return { unixMs: date.getTime(), nanosecond, year, in2025: inYear(2025).getTime() }
    })
    expect(found).toEqual(error ?? time)
  })
})

describe('whatever is asked', () => {
  it('a duration comes back as it was printed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds)
      }),
    )
  })

  const near = fc
    .array(fc.constantFrom('1', '9', '.', '-', 'h', 'm', 's', 'ns', ' ', '\u00b5s', 'x'))
    .map((parts) => parts.join(''))
  it('a text is a duration, or refused in words', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
        const found = answered(() => parseDuration(text))
        expect(typeof found === 'bigint' || found instanceof DurationError).toBe(true)
      }),
    )
  })

  const pieces = [
    ...new Set(
      tables.times.flatMap(({ layout, text }) => [layout, text].flatMap((each) => each.split(/(?=[ :.,TZ-])/))),
    ),
  ]
  const made = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join(''))
  it('a text is a time, or refused in words', () => {
    fc.assert(
      fc.property(fc.oneof(made, fc.string()), fc.oneof(made, fc.string()), (layout, text) => {
        const found = answered(() => compileLayout(layout).parse(text).date)
        expect(found instanceof Date ? Number.isFinite(found.getTime()) : found instanceof TimeError).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it('bytes lose the white space that their text loses, and what is no text stays', () => {
    const white = fc.constantFrom(
      ' ',
      '\n',
      '\u0085',
      '\u00a0',
      '\u1680',
      '\u2003',
      '\u2028',
      '\u205f',
      '\u3000',
      '\u200b',
      'x',
    )
    const text = fc.oneof(
      fc.array(white).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(trimSpace(Buffer.from(one)).toString()).toBe(trimSpace(Buffer.from(one).toString()))
        const broken = Buffer.concat([Buffer.from(one), Buffer.from([0xff]), Buffer.from(other)])
        const [begun, ended] = [trimSpace(`${one}|`).slice(0, -1), trimSpace(`|${other}`).slice(1)]
        const kept = Buffer.concat([Buffer.from(begun), Buffer.from([0xff]), Buffer.from(ended)])
        expect(trimSpace(broken)).toEqual(kept)
      }),
    )
  })

  it('bytes are quoted as the text that they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        const bytes = Buffer.concat([Buffer.from(one), Buffer.from([0xff]), Buffer.from(other)])
        expect(quote(bytes)).toBe(`${quote(one).slice(0, -1)}\\xff${quote(other).slice(1)}`)
      }),
    )
  })
})

function answered(ask: () => unknown): unknown {
  try {
    return ask()
  } catch (err) {
    return err
  }
}
