import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeText } from './decode.ts'

it.each([
  ['plain', [0x70, 0x6c, 0x61, 0x69, 0x6e], 'plain'],
  ['a byte-order mark', [0xef, 0xbb, 0xbf, 0x61], '\uFEFFa'],
  ['a stray byte', [0x61, 0xff, 0x62], 'a\uFFFDb'],
  ['a character cut short: one for each byte', [0xe2, 0x82, 0x61], '\uFFFD\uFFFDa'],
  ['a character cut short at the end', [0xf0, 0x9f, 0x98], '\uFFFD\uFFFD\uFFFD'],
  ['an overlong slash', [0xc0, 0xaf], '\uFFFD\uFFFD'],
  ['half of a pair', [0xed, 0xa0, 0x80], '\uFFFD\uFFFD\uFFFD'],
  ['above the last character', [0xf4, 0x90, 0x80, 0x80], '\uFFFD\uFFFD\uFFFD\uFFFD'],
])('reads %s as Go does', (_, bytes, text) => {
  expect(decodeText(Buffer.from(bytes))).toBe(text)
})

it('gives text back as it was, wherever bytes that are none stand in it', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
      const whole = Buffer.concat(parts.flatMap((part) => [Buffer.from(part), Buffer.from([0xff])]))
      expect(decodeText(whole)).toBe(parts.map((part) => `${part}\uFFFD`).join(''))
    }),
  )
})
