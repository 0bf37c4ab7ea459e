import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanName, cleanText, entityName, hashText, renderLabel } from './text.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom(
    '\u202egnp.exe',
    'a\u0000b\r\nc',
    '\ud800x\udc00',
    '\u200b\u2066hidden\u2069',
    '  a \t b  ',
    '😀'.repeat(50),
  ),
)

describe('text of a monitor', () => {
  it('comes out without control, bidirectional, invisible or broken characters, within its length', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 80 }), (text, max) => {
        const clean = cleanText(text, max)
        expect(clean.length).toBeLessThanOrEqual(max)
        expect(clean).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/,
        )
        expect(clean.isWellFormed()).toBe(true)
        expect(cleanText(clean, max)).toBe(clean)
      }),
      { numRuns: 500 },
    )
  })

  it('stays as it is when it is decent', () => {
    expect(cleanText('/var is 96 % full', 80)).toBe('/var is 96 % full')
    expect(cleanText('Grüße, 世界 😀', 80)).toBe('Grüße, 世界 😀')
  })

  it('of 64 KB costs no more than a short one and says that it was cut', () => {
    expect(cleanText('x'.repeat(65_536), 10)).toBe('xxxxxxxxx…')
  })

  it('as a name is letters, digits and a few signs', () => {
    fc.assert(
      fc.property(hostile, (text) => void expect(cleanName(text, 20)).toMatch(/^([A-Za-z0-9][A-Za-z0-9._/-]{0,19})?$/)),
    )
  })
})

describe('a hash', () => {
  it('is 16 hex digits, the same each time, and another for another text', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        expect(hashText(a)).toMatch(/^[0-9a-f]{16}$/)
        expect(hashText(a) === hashText(b)).toBe(a === b)
      }),
    )
  })

  it('does not collide over a hundred thousand mount points', () => {
    expect(new Set(Array.from({ length: 100_000 }, (_, i) => hashText(`disk:/var/lib/kubelet/pods/${i}`))).size).toBe(
      100_000,
    )
  })
})

describe('an entity', () => {
  it('is named without its kind', () => {
    expect([entityName('disk:/var'), entityName(''), entityName('plain'), entityName('https://a.b')]).toEqual([
      '/var',
      'the node',
      'plain',
      '//a.b',
    ])
  })
  it('fills the label of its lane', () => {
    expect(renderLabel('{entity} full', 'DiskFull', 'disk:/var')).toBe('/var full')
    expect(renderLabel('', 'DiskFull', 'disk:/var')).toBe('/var DiskFull')
    expect(renderLabel('', 'Clock', '')).toBe('Clock')
  })
})
