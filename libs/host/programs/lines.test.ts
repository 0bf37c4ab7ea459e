import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineSplitter } from './lines.ts'

function split(chunks: readonly Buffer[], maxLength: number): string[] {
  const lines: string[] = []
  const splitter = createLineSplitter(maxLength, (line) => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

test('however the bytes are cut, the lines are the same', () => {
  const text = fc.array(fc.constantFrom('a', 'ä', '😀', '\n', '\n', ' '), { maxLength: 60 }).map((c) => c.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(8), { maxLength: 60 }), (whole, cuts) => {
      const bytes = Buffer.from(whole)
      const chunks: Buffer[] = []
      let at = 0
      for (const length of cuts) {
        chunks.push(bytes.subarray(at, at + length))
        at += length
      }
      chunks.push(bytes.subarray(at))
      const expected = whole.split('\n')
      if (expected.at(-1) === '') expected.pop()
      expect(split(chunks, 1_000)).toEqual(expected)
    }),
  )
})

test('never gives a line longer than its limit, whatever comes in', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.integer({ min: 1, max: 20 }), (chunks, max) => {
      for (const line of split(
        chunks.map((c) => Buffer.from(c)),
        max,
      ))
        expect(line.length).toBeLessThanOrEqual(max)
    }),
  )
})
