import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reply, type Written } from '../testing-bus.ts'
import { BusMalformedError } from './errors.ts'
import { decodeMessage, encodeCall, messageLength } from './message.ts'
import { parseSignature } from './signature.ts'

/** What a call makes of bytes; "malformed" where it says so. Anything else that it throws fails the test. */
function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (err) {
    if (err instanceof BusMalformedError) return 'malformed'
    throw err
  }
}

const value: fc.Arbitrary<Written> = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(
      fc.constantFrom('s' as const, 'o' as const),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    ),
    fc.tuple(fc.constant('u' as const), fc.nat(2 ** 32 - 1)),
    fc.tuple(fc.constant('i' as const), fc.integer()),
    fc.tuple(fc.constant('t' as const), fc.bigInt(0n, 2n ** 64n - 1n)),
    fc.tuple(fc.constant('v' as const), tie('value')),
    fc.tuple(
      fc.constant('a{sv}' as const),
      fc.dictionary(
        fc.string({ unit: 'binary-ascii' }).filter((text) => !text.includes('\0')),
        tie('value'),
      ),
    ),
  ),
})).value

function plain([type, is]: Written): unknown {
  if (type === 'v') return plain(is)
  if (type === 'a{sv}') return Object.entries(is).map(([name, each]) => [name, plain(each)])
  return is
}

describe('messages of D-Bus', () => {
  it('are read as they were written, in either order of bytes', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.boolean(), (values, isLittle) => {
        const bytes = reply(7, values, { isLittle })
        expect(messageLength(bytes)).toBe(bytes.length)
        expect(decodeMessage(bytes)).toMatchObject({ kind: 'return', replyTo: 7, body: values.map(plain) })
      }),
    )
  })

  it('never throw anything but that they are malformed, whatever bytes they are', () => {
    const real = reply(7, [['a{sv}', { Id: ['s', 'kubelet.service'], At: ['t', 5n], More: ['v', ['v', ['u', 1]]] }]])
    const changed = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const bytes = Buffer.from(real)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    const cut = fc.nat(real.length).map((length) => real.subarray(0, length))
    fc.assert(
      fc.property(fc.oneof(changed, any, cut), (bytes) => {
        outcome(() => messageLength(bytes))
        if (bytes.length >= 16) outcome(() => decodeMessage(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('bound what is nested: a variant in a variant in a variant …', () => {
    const deep = (levels: number): Buffer => {
      let one: Written = ['u', 1]
      for (let level = 0; level < levels; level++) one = ['v', one]
      return reply(1, [one])
    }
    expect(outcome(() => decodeMessage(deep(60)))).toMatchObject({ body: [1] })
    expect(outcome(() => decodeMessage(deep(70)))).toBe('malformed')
  })

  it('are written as the specification has them', () => {
    const call = { destination: 'a.b', path: '/c', interface: 'd.e', member: 'F', args: ['g', 'hi'] }
    expect(encodeCall(call, 9).toString('latin1').replaceAll('\0', '.')).toBe(
      'l.\u0002\u0001\u000f...\u0009...H...\u0001\u0001o.\u0002.../c......\u0002\u0001s.\u0003...d.e.....\u0003\u0001s.\u0001...F.......\u0006\u0001s.\u0003...a.b.....\b\u0001g.\u0002ss.\u0001...g...\u0002...hi.'.replace(
        'l.',
        'l\u0001',
      ),
    )
  })
})

describe('signatures', () => {
  it('are types one after the other', () => {
    expect(parseSignature('sa{sv}(ub)')).toEqual([
      { code: 's' },
      { code: 'a', of: { code: '{', of: [{ code: 's' }, { code: 'v' }] } },
      { code: '(', of: [{ code: 'u' }, { code: 'b' }] },
    ])
    expect(parseSignature('')).toEqual([])
  })

  it('are malformed where a type is not whole, or too deep', () => {
    const wrong = [
      'a',
      '()',
      '(',
      '{sv}',
      'a{vs}',
      'a{s}',
      'a{svs}',
      'z',
      ')',
      'a(s',
      `${'a'.repeat(70)}s`,
      's'.repeat(256),
    ]
    for (const text of wrong) expect([text, outcome(() => parseSignature(text))]).toEqual([text, 'malformed'])
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '(', ')', '{', '}', 's', 'v', 'u') }),
        (text) => void outcome(() => parseSignature(text)),
      ),
    )
  })
})
