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

  it('says that it does not know where an expression has too many states, and goes on with the next text', () => {
    const { re2js, searcher } = compiled('(a|b)*a(a|b){14}c.*\\z')
    let seed = 7
    const noise = Array.from({ length: 30_000 }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % 3 === 0 ? 'a' : 'b'
    }).join('')
    expect([undefined, -1]).toContain(searcher.startOf(noise))
    const text = `${'b'.repeat(20)}a${'b'.repeat(14)}c`
    expect(placesFound(searcher, text)).toEqual(placesBy(re2js, text))
  })
})
