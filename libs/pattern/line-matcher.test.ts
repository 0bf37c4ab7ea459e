import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineMatcher, type LineMatcher } from './line-matcher.ts'
import { compileToEnd } from './pattern.ts'
import { expression, line } from './testing-expressions.ts'
import { naiveLines } from './testing-naive.ts'

function matcherOf(sources: readonly string[], bufferLines: number): LineMatcher {
  return createLineMatcher(sources.map(compileToEnd), { bufferLines })
}

function told(matcher: LineMatcher, line: string | Buffer) {
  return matcher.push(Buffer.from(line)).map(({ pattern, lines }) => ({ pattern, lines }))
}

describe('the lines of a log', () => {
  it('are told from the start of the match to the newest', () => {
    const matcher = matcherOf(['one\\n.*three', 'three'], 10)
    expect(told(matcher, 'zero one')).toEqual([])
    expect(told(matcher, 'two three')).toEqual([
      { pattern: 0, lines: ['zero one', 'two three'] },
      { pattern: 1, lines: ['two three'] },
    ])
    expect(told(matcher, 'four')).toEqual([])
  })

  it('let ^ be the start of all that is kept: it never is that of a new line, but with one line', () => {
    expect(told(matcherOf(['^start.*'], 10), 'start it')).toEqual([])
    expect(told(matcherOf(['^start.*'], 1), 'start it')).toHaveLength(1)
    expect(told(matcherOf(['(?m)^start.*'], 10), 'start it')).toHaveLength(1)
  })

  it('let the first branch of an alternation match until its line is gone, as node-problem-detector does', () => {
    const matcher = matcherOf(['foo|bar'], 3)
    const lines = ['foo', 'a', 'b', 'c'].map((line) => told(matcher, line).flatMap((match) => match.lines))
    expect(lines).toEqual([['foo'], ['foo', 'a'], ['foo', 'a', 'b'], []])
  })

  it('say how many of them came after the one in which the match ends', () => {
    const matcher = matcherOf(['foo|b\\n|bar', '(?s)foo.*'], 4)
    const behind = ['foo', 'a', 'b', 'c', 'd'].map((text) =>
      matcher.push(Buffer.from(text)).map((match) => match.behind),
    )
    expect(behind).toEqual([[0, 0], [1, 0], [2, 0], [3, 0], [1]])
  })

  it('are filled again without being told', () => {
    const matcher = matcherOf(['one\\ntwo'], 3)
    matcher.refill(Buffer.from('one'))
    expect(told(matcher, 'two')).toEqual([{ pattern: 0, lines: ['one', 'two'] }])
  })

  it('are theirs, though the memory of a line is used again', () => {
    const matcher = matcherOf(['one\\ntwo'], 3)
    const memory = Buffer.from('one')
    matcher.push(memory)
    memory.write('two')
    expect(matcher.push(memory).map(({ lines }) => lines)).toEqual([['one', 'two']])
  })

  it('say what a pattern took of them', () => {
    const matcher = createLineMatcher([compileToEnd('I/O error, dev (?P<dev>\\w+), .*')])
    const [match] = matcher.push(Buffer.from('blk: I/O error, dev sda, sector 5'))
    expect([match?.found.start, match?.found.groups[1]]).toEqual([5, 'sda'])
  })

  it('are told of every pattern, also where several are the same', () => {
    const sources = ['one\\ntwo', '(t)wo', 'one\\ntwo', '(t)wo', 'three']
    const matcher = matcherOf(sources, 3)
    matcher.push(Buffer.from('one'))
    const found = matcher.push(Buffer.from('two'))
    expect(
      found.map(({ pattern, lines, behind, found: at }) => [pattern, lines, behind, at.start, at.groups[1]]),
    ).toEqual([
      [0, ['one', 'two'], 0, 0, undefined],
      [1, ['two'], 0, 0, 't'],
      [2, ['one', 'two'], 0, 0, undefined],
      [3, ['two'], 0, 0, 't'],
    ])
  })

  it('have the letters of a folded word in any case, and the Kelvin sign', () => {
    const matcher = matcherOf(['(?i)task', '(?i)error', 'TASK'], 10)
    const patterns = ['TASK', 'tas\u212A', 'ERROR', 'a tas\u212A'].map((line) => told(matcher, line))
    expect(patterns.map((each) => each.map(({ pattern }) => pattern))).toEqual([[0, 2], [0], [1], [0]])
  })
})

it('tells what the naive rule tells, of every pattern and every line', () => {
  fc.assert(
    fc.property(
      fc.array(expression, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(line, { maxLength: 8 }),
      (sources, bufferLines, lines) => {
        const matcher = matcherOf(sources, bufferLines)
        const naive = naiveLines(sources, bufferLines)
        for (const each of lines) expect(told(matcher, each)).toEqual(naive.push(each))
      },
    ),
    { numRuns: 2_000 },
  )
})
