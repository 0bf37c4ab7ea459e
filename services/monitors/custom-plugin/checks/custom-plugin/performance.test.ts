import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MEASURED_MAX, performanceOf, WORD_MAX } from './performance.ts'

const MEBIBYTE = 1_048_576

/** Times over, up to a length. */
function filled(part: string, length = MEBIBYTE): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length)
}

describe('performance data', () => {
  it.each([
    ['a=1 b=2', ['a=1', 'b=2']],
    ['\ta=1;2;3;;\r\n b=2;', ['a=1', 'b=2']],
    ["'two words'=1 'it''s = so'=2ms '='=3", ['two words=1', "it's = so=2ms", '==3']],
    ['a=-.5 b=+1.25e-3% c=1E2', ['a=-0.5', 'b=0.00125%', 'c=100']],
    // What is none of it does not end it.
    ["word a= =1 b=x c=1$ d=1.2.3 e=1e999 ''=1 f=1", ['f=1']],
    ["'never ends a=1 b=2", ['a=1', 'b=2']],
    ["'quoted'x=1 a'b=1 c=1", ['c=1']],
  ])('%j', (text, told) => {
    expect(performanceOf(text).map(({ name, value, unit }) => `${name}=${value}${unit}`)).toEqual(told)
  })

  it('has no word longer than a kibibyte, and goes on behind one', () => {
    const longest = `${'x'.repeat(WORD_MAX - 2)}=1`
    for (const text of [longest, `'${'x'.repeat(WORD_MAX - 4)}'=1`]) expect(performanceOf(text)).toHaveLength(1)
    const text = `x${longest} '${'x '.repeat(WORD_MAX)}'=1 a=${'1'.repeat(WORD_MAX)} b=1`
    expect(performanceOf(text).map(({ name }) => name)).toEqual(['b'])
  })

  it('is looked at no further than is told', () => {
    const text = Array.from({ length: MEASURED_MAX + 1 }, (_, i) => `x${i}=${i}`).join(' ')
    expect(performanceOf(text).at(-1)).toEqual({ name: 'x99', value: 99, unit: '' })
  })

  // Each of them would take minutes, or hours, where a word could be read from each of its places.
  it.each([
    'x',
    '1',
    "'",
    "''",
    "'x ",
    "'x' ",
    'a=',
    'a=1',
    'a=1_',
    `a=${'1'.repeat(600)}_ `,
    "'''x ",
    "' '' ",
    ' ',
    '=',
  ])(
    'of a mebibyte of %j costs no second',
    (part) => {
      for (const text of [filled(part), `a=${filled(part)}`, `'${filled(part)}`]) {
        const before = process.cpuUsage()
        performanceOf(text)
        const { user } = process.cpuUsage(before)
        expect(user / 1e6).toBeLessThan(1)
      }
    },
    30_000,
  )

  it('is read from whatever stands there', () => {
    const part = fc.constantFrom("'", "''", '=', '1', '.', 'e', '-', 'a', ' ', ';', '%', '\n', '\u00a0', '\ud800')
    const text = fc.oneof(
      fc.array(part, { maxLength: 60 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, (said) => {
        for (const { name, value, unit } of performanceOf(said)) {
          expect(name).not.toBe('')
          expect(Number.isFinite(value)).toBe(true)
          expect(unit).toMatch(/^[A-Za-z%]{0,16}$/)
        }
      }),
    )
  })
})
