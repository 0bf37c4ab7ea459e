import fc from 'fast-check'
import { expect, it } from 'vitest'
import { trimSpace } from '#golang'
import { trimBytes } from './trim.ts'

it('a line loses the white space at its ends that Go takes for one, and nothing else', () => {
  const piece = fc.constantFrom(
    ' ',
    '\t',
    '\n',
    '\u0085',
    '\u00a0',
    '\u2003',
    '\u3000',
    '\ufeff',
    'a',
    'é',
    '\u4e00',
    '€',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('')
      expect(trimBytes(Buffer.from(text)).toString()).toBe(trimSpace(text))
    }),
  )
})

it('a line that is no UTF-8 keeps its bytes', () => {
  expect(trimBytes(Buffer.from([0x20, 0xff, 0x85, 0x0a]))).toEqual(Buffer.from([0xff, 0x85]))
})
