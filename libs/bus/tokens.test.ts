import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STATE_BUCKETS } from './buckets.ts'
import { durableOf, encodeToken, isToken, joinTokens, laneStart } from './tokens.ts'

/** Any sequence of UTF-16 units, unpaired surrogates too. */
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((all) => String.fromCharCode(...all))
/** What a plug-in says: words with this and that between them, now and then very long. */
const spoken = fc
  .tuple(
    fc.array(
      fc.constantFrom('a', 'DiskFull', '.', '*', '>', ' ', '_', '-', '\r\n', '\t', '\0', '\ud800', 'é', '🜁', '/var'),
      {
        maxLength: 30,
      },
    ),
    fc.constantFrom(1, 1, 1, 1000),
  )
  .map(([words, times]) => words.join('').repeat(times).slice(0, 65_536))
const anyText = fc.oneof(
  units,
  spoken,
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', 'a\r\nPUB nd.problem.opened.X 0\r\n', 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(65_536)),
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

  it('is another for a text that is nearly the same', () => {
    const nearly = fc
      .tuple(anyText, fc.constantFrom('.', ' ', '_', '-', 'a', '\n', '\ud800'))
      .chain(([text, more]) =>
        fc.constantFrom(
          [text, text + more],
          [text, more + text],
          [text + more, text.toUpperCase() + more],
          [text, encodeToken(text) + more],
          [`${text}.${more}`, `${text}_${more}`],
        ),
      )
    fc.assert(
      fc.property(nearly, ([a, b]) => {
        if (a !== b) expect(encodeToken(a)).not.toBe(encodeToken(b))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the same for the same text, and none is the token of another text, not even of a token', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const token = encodeToken(text)
        expect(encodeToken(text)).toBe(token)
        if (token !== text) expect(encodeToken(token)).not.toBe(token)
      }),
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
    const { keyOf } = STATE_BUCKETS.node_conditions
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        (entity) => void expect(keyOf({ type: 'T', entity })).not.toBe(keyOf({ type: 'T', entity: '' })),
      ),
    )
  })
})

describe('the durable of a lane', () => {
  const service = fc.constantFrom('external-exporter', 'external', 'a', 'x'.repeat(38))

  it('is a token that begins as all of its service do and nobody else’s does, whatever the lane is called', () => {
    fc.assert(
      fc.property(service, anyText, (name, lane) => {
        const durable = durableOf(name, lane)
        expect([isToken(durable), durable.startsWith(laneStart(name))]).toEqual([true, true])
        expect(durableOf(name)).toBe(name)
      }),
      { numRuns: 500 },
    )
  })

  it('is another for another lane or service', () => {
    fc.assert(
      fc.property(service, anyText, service, anyText, (one, lane, other, otherLane) => {
        if (one !== other || lane !== otherLane) expect(durableOf(one, lane)).not.toBe(durableOf(other, otherLane))
      }),
      { numRuns: 500 },
    )
    expect(durableOf('external-exporter', 'webhook')).toBe('external-exporter_webhook')
  })
})
