import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { decodeText } from '../decode.ts'
import { type Program, programOf, runeBoundsOf } from '../program.ts'
import { heldToEnd } from '../reach.ts'
import { expression, line } from '../testing-expressions.ts'
import { createSearcher, type Searcher } from './searcher.ts'

function compiled(source: string): { re2js: RE2JS; searcher: Searcher } {
  const re2js = RE2JS.compile(source)
  const program = programOf(re2js) as Program
  const bounds = runeBoundsOf(re2js) as ArrayLike<number>
  const searcher = createSearcher(program, bounds, {
    isHeldToEnd: heldToEnd(program),
    groupCount: re2js.groupCount(),
  })
  return { re2js, searcher }
}

/** First and last place of the match and of each group. */
function placesBy(re2js: RE2JS, text: string): readonly number[] | undefined {
  const matcher = re2js.matcher(text)
  if (!matcher.find()) return undefined
  return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => [
    matcher.start(group),
    matcher.end(group),
  ]).flat()
}

function placesFound(searcher: Searcher, text: string): readonly number[] | undefined {
  const start = searcher.startOf(text) as number
  return start < 0 ? undefined : [...(searcher.placesOf(text, start) as Int32Array)]
}

describe('a searcher', () => {
  it('finds the match that re2js finds, and its groups, whatever the expression and the text', () => {
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom('', '\\z'),
        fc.array(line, { minLength: 1, maxLength: 6 }),
        (source, end, lines) => {
          const { re2js, searcher } = compiled(source + end)
          for (const count of [1, lines.length]) {
            const text = lines
              .slice(-count)
              .map((bytes) => decodeText(bytes))
              .join('\n')
            expect(placesFound(searcher, text)).toEqual(placesBy(re2js, text))
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['(a|ab)(c|bcd)*', 'xabcd'],
    ['(a*)*', 'baac'],
    ['(a*)+?\\z', 'aa'],
    ['(?:(a)|b)*', 'ab'],
    ['(|a)*', 'aa'],
    ['(|a)+', 'aa'],
    ['(a??)(a*)', 'aaa'],
    ['\\b(\\w+)\\b.*$', 'one two'],
    ['(?m)^(.*)$', '\n\ntwo\n'],
    ['(?i)(k+)(s)', 'xK\u212ak\u017f'],
    ['.(.)', '\u{1f600}\u{1f601}'],
    ['[\\x{1F600}-\\x{1F64F}]\\z', 'a\u{1f601}'],
    ['(.)\\z', 'a\ud83d'],
    ['(.)(.)', '\ude00\ud83d\ud83d\ude00'],
    ['(?s)panic(.*)end\\z', 'panic panic\nend end'],
  ])('takes of %s what Perl would', (source, text) => {
    const { re2js, searcher } = compiled(source)
    expect(placesFound(searcher, text)).toEqual(placesBy(re2js, text))
  })

  /** Of these letters, in no order. */
  function noise(letters: string, length: number): string {
    let seed = 7
    return Array.from({ length }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return letters[(seed >> 8) % letters.length] as string
    }).join('')
  }

  it('says that it does not know where an expression has too many states, also of the next texts, and tries again then', () => {
    const { re2js, searcher } = compiled('(a)(.{40}c)')
    expect(searcher.startOf(noise('bc', 65_536))).toBeUndefined()
    const text = `${'b'.repeat(20)}a${'b'.repeat(40)}c`
    expect([searcher.startOf(text), searcher.placesOf(text, 0)]).toEqual([undefined, undefined])
    searcher.startOf('d'.repeat(1024 * 1024))
    expect(placesFound(searcher, text)).toEqual(placesBy(re2js, text))
  })

  it.each(['a.{40}c', 'a.{200}c.*', 'a.{900}c.*', 'a.{200}c.*\\z', '(?i)[a-c].{9}(k|\\x{1F600}|é).*'])(
    'keeps half a MiB of %s at most, whatever comes, and nothing where it gave up',
    (source) => {
      for (const letters of ['bc', 'abc', 'c', 'bcdefghijklmnopqrstuvwxyz 0123', 'aé\u{1f600}k']) {
        const { re2js, searcher } = compiled(source)
        for (const text of [noise(letters, 65_536), noise(letters, 300), noise(letters, 4_096)]) {
          const start = searcher.startOf(text)
          expect(searcher.bytes).toBeLessThanOrEqual(start === undefined ? 4096 : 512 * 1024)
          if (start !== undefined && text.length < 1000)
            expect(placesFound(searcher, text)).toEqual(placesBy(re2js, text))
        }
      }
    },
  )
})
