import { describe, expect, it } from 'vitest'
import { compilePattern, compileToEnd } from './pattern.ts'

/** The clauses of an expression, a word that counts in ASCII alone marked by a star. */
function needsOf(source: string): string[][] {
  return compilePattern(source).needs.map((clause) =>
    clause.map(({ bytes, isAsciiOnly }) => `${bytes}${isAsciiOnly ? '*' : ''}`),
  )
}

describe('what a text must have to match', () => {
  it.each<[string, string[][]]>([
    ['task umount\\.aufs:\\w+ blocked', [['task umount.aufs:'], [' blocked']]],
    ['Oops', [['oops']]],
    ['a(b)c', [['abc']]],
    ['(food|barley) baz', [[' baz'], ['barley', 'food']]],
    ['foo|bar', [['foo', 'bar']]],
    ['foo|bar|(?:baz|qux)+', [['foo', 'bar', 'baz', 'qux']]],
    ['(?:one|two){2}', [['one', 'two']]],
    ['(abc)+', [['abc']]],
    ['(abc)*d', [['d']]],
    ['x?', []],
    ['foo|x?', []],
    ['.*', []],
    ['three\\nfour', [['three'], ['four']]],
    ['[Ee][Xx][Tt]4', [['ext4']]],
    ['[aeiou]nd', [['nd']]],
    ['(?i)error', [['error']]],
    ['(?i)task', [['task*']]],
    ['a\\bb', [['ab']]],
    ['^start$', [['start']]],
    ['caf\u00e9', [['caf\u00c3\u00a9']]],
    ['(?i)caf\u00e9', [['caf']]],
    ['abcd\uFFFDefgh', [['abcd'], ['efgh']]],
    ['[^\\x00-\\x{10FFFF}]', []],
    ['a[^\\x00-\\x{10FFFF}]|bc', [['bc']]],
  ])('of %s', (source, words) => {
    const sorted = (clauses: string[][]) => clauses.map((clause) => clause.toSorted().join('|')).toSorted()
    expect(sorted(needsOf(source))).toEqual(sorted(words))
  })

  it('is not sought for longer than it is worth', () => {
    expect(needsOf('(?:a|b|(?:c|d+)+)+'.repeat(500)).length).toBeLessThanOrEqual(4)
    expect(needsOf(Array.from({ length: 900 }, (_, i) => `${i}word`).join('|'))).toEqual([])
  })

  it('is the best clause first', () => {
    expect(compilePattern('ab.*(?:xyz|uvw).*Kernel panic').needs[0]?.[0]?.bytes).toBe('kernel panic')
  })
})

describe('a pattern within the last line', () => {
  it.each([
    ['foo.*', true],
    ['foo.*\\b', true],
    ['(?:foo|bar)', true],
    ['[a-z]+', true],
    ['foo|bar', false],
    ['^foo', false],
    ['(?m)^foo', false],
    ['\\Afoo', false],
    ['(?s)foo.*', false],
    ['foo\\nbar', false],
    ['foo[^x]*', false],
    ['foo\\s', false],
    ['\\Qfoo', false],
  ])('%s: %s', (source, is) => {
    expect(compileToEnd(source).isWithinLastLine).toBe(is)
  })
})

describe('how many of the last lines a match lies in', () => {
  it.each([
    ['foo.*', 1],
    ['foo\\nbar', 2],
    ['foo\\sbar', 2],
    ['foo(?:\\n|\\nbar\\n)baz', 3],
    ['(?:foo\\n){3}bar', 4],
    ['foo[^x]bar|bar', Number.POSITIVE_INFINITY],
    ['(?:foo[^x]bar|bar)', 2],
    ['foo\\s+bar', Number.POSITIVE_INFINITY],
    ['(?s)foo.*bar', Number.POSITIVE_INFINITY],
    ['(?:foo\\n){64}bar', Number.POSITIVE_INFINITY],
    ['^foo\\nbar', Number.POSITIVE_INFINITY],
    ['foo|bar', Number.POSITIVE_INFINITY],
  ])('%s: %s', (source, lines) => {
    expect(compileToEnd(source).lastLines).toBe(lines)
  })
})
