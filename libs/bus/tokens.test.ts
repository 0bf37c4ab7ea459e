import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keys } from './names.ts'
import { encodeToken, isToken, joinTokens } from './tokens.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom(
    '',
    '.',
    '*',
    '>',
    ' ',
    '_',
    '-',
    'a b',
    'a\r\nPUB nd.problem.opened.X 0\r\n',
    '\ud800',
    'x'.repeat(65_536),
  ),
)

describe('a token', () => {
  it('is valid whatever text it is made of', () => {
    fc.assert(
      fc.property(anyText, (text) => void expect(isToken(encodeToken(text))).toBe(true)),
      { numRuns: 500 },
    )
  })

  it('is another for another text', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        if (a !== b) expect(encodeToken(a)).not.toBe(encodeToken(b))
      }),
      { numRuns: 500 },
    )
  })

  it('of a plain text is that text', () => {
    expect(encodeToken('DiskFull')).toBe('DiskFull')
    expect(encodeToken('a-b')).toBe('a-b')
  })

  it('of a text that looks like a hashed one is not that of the text it imitates', () => {
    const hashed = encodeToken('/var')
    expect(encodeToken(hashed)).not.toBe(hashed)
  })
})

describe('a subject', () => {
  it('takes tokens only', () => {
    expect(joinTokens('nd', 'event', 'warning', 'Xid')).toBe('nd.event.warning.Xid')
    for (const bad of ['', 'a.b', '*', '>', 'a b', 'x'.repeat(65), 'a\n']) {
      expect(() => joinTokens('nd', bad)).toThrow('is no token of a subject or key: expected 1 to 64 of A-Za-z0-9_-')
    }
  })

  it('of a key tells the node from every entity', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        (entity) =>
          void expect(keys.condition({ type: 'T', entity })).not.toBe(keys.condition({ type: 'T', entity: '' })),
      ),
    )
  })
})
