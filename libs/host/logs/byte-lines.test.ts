import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createByteLines } from './byte-lines.ts'

function cut(chunks: readonly Buffer[], maxBytes: number, keepsReturn?: boolean) {
  const lines = createByteLines(maxBytes, keepsReturn)
  const found = chunks.flatMap((chunk) => lines.push(chunk).map(({ bytes, cutBytes }) => ({ bytes, cutBytes })))
  return { found, rest: lines.takeRest() }
}

test('cuts lines of bytes, with either end, and keeps what has not ended', () => {
  const { found, rest } = cut([Buffer.from('a\r\nb'), Buffer.from('c\n\n\xff', 'latin1')], 100)
  expect(found.map(({ bytes }) => bytes.toString('latin1'))).toEqual(['a', 'bc', ''])
  expect(rest?.bytes).toEqual(Buffer.from([0xff]))
})

test('a line ends with "\\n" alone where that is asked for', () => {
  const { found } = cut([Buffer.from('a\r\nb\r'), Buffer.from('\nc\n')], 100, true)
  expect(found.map(({ bytes }) => bytes.toString())).toEqual(['a\r', 'b\r', 'c'])
})

test('a line that is too long is cut, what is missing is counted, and the next one is whole', () => {
  const { found } = cut([Buffer.from('x'.repeat(150)), Buffer.from('y\nnext\n')], 100)
  expect(found).toEqual([
    { bytes: Buffer.from('x'.repeat(100)), cutBytes: 51 },
    { bytes: Buffer.from('next'), cutBytes: 0 },
  ])
})

test('the same lines come out, however the bytes are cut into chunks', () => {
  const bytes = fc.array(fc.constantFrom(10, 13, 97, 255), { maxLength: 60 })
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 60 })), fc.integer({ min: 1, max: 8 }), (all, cuts, maxBytes) => {
      const places = [0, ...cuts.filter((at) => at < all.length).sort((a, b) => a - b), all.length]
      const chunks = places.slice(1).map((at, i) => Buffer.from(all.slice(places[i], at)))
      expect(cut(chunks, maxBytes)).toEqual(cut([Buffer.from(all)], maxBytes))
    }),
  )
})
