import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { proxyFor } from '../index.ts'
import { goesByProxy } from './no-proxy.ts'

const goes = (noProxy: string, host: string, port = 80) => goesByProxy(noProxy, { host, port }, (domain) => domain)

// Each as golang.org/x/net/http/httpproxy answers.
describe('NO_PROXY', () => {
  it.each([
    ['', 'web.test', 80, true],
    ['', 'localhost', 80, false],
    ['', '127.0.0.1', 80, false],
    ['', '127.9.9.9', 80, false],
    ['', '::1', 80, false],
    ['', '::ffff:127.0.0.1', 80, false],
    ['*', 'web.test', 80, false],
    ['a.test, *', '10.0.0.1', 80, false],
    ['web.test', 'web.test', 80, false],
    ['web.test', 'a.web.test', 443, false],
    ['web.test', 'aweb.test', 80, true],
    ['WEB.Test ', 'web.test', 80, false],
    ['.web.test', 'web.test', 80, true],
    ['.web.test', 'a.web.test', 80, false],
    ['*.web.test', 'web.test', 80, true],
    ['*.web.test', 'a.b.web.test', 80, false],
    ['*web.test', 'web.test', 80, true],
    ['web.test:443', 'web.test', 80, true],
    ['web.test:443', 'web.test', 443, false],
    ['web.test:', 'web.test', 80, false],
    [':443', 'web.test', 443, true],
    ['10.0.0.0/8', '10.9.8.7', 80, false],
    ['10.0.0.0/8', '11.0.0.1', 80, true],
    ['10.9.8.7/8', '10.0.0.1', 80, false],
    ['10.0.0.0/0008', '10.1.2.3', 80, false],
    ['10.0.0.0/33', '10.0.0.1', 80, true],
    ['10.0.0.0/8', '::ffff:10.0.0.1', 80, false],
    ['0.0.0.0/0', '10.0.0.1', 80, false],
    ['::/0', '10.0.0.1', 80, true],
    ['::/0', 'fd00::1', 80, false],
    ['::ffff:10.0.0.0/104', '10.0.0.1', 80, false],
    ['fd00::/8', 'fd12::1', 443, false],
    ['fd00::/8', 'fe80::1', 443, true],
    ['10.0.0.1', '10.0.0.1', 80, false],
    ['10.0.0.1:443', '10.0.0.1', 80, true],
    ['10.0.0.1:443', '10.0.0.1', 443, false],
    ['[fd00::1]:443', 'fd00::1', 443, false],
    ['[fd00::1]:443', 'fd00::1', 80, true],
    ['fd00::1', 'fd00:0::1', 80, false],
    ['[fd00::1]', 'fd00::1', 80, true],
    ['10.0.0.1', 'web.10.0.0.1', 80, true],
    ['0.1', '10.0.0.1', 80, true],
    ['web.test;other.test', 'web.test', 80, true],
    [' , ,web.test', 'web.test', 80, false],
    ['.', 'web.test', 80, true],
    ['web.test:80:90', 'web.test', 80, true],
  ])('%j: by the proxy to %s:%i is %j', (noProxy, host, port, expected) => {
    expect(goes(noProxy, host, port)).toBe(expected)
  })

  it('never throws, and a range has every address that begins as it does', () => {
    const part = fc.constantFrom(
      '*',
      '.',
      ',',
      ':',
      '[',
      ']',
      '/',
      '::',
      '10.0.0.0',
      '/8',
      'web.test',
      '%',
      '80',
      'é',
      ' ',
    )
    const text = fc.array(fc.oneof(part, fc.string({ maxLength: 4 })), { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        text,
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), text),
        fc.nat({ max: 65_535 }),
        (noProxy, host, port) => {
          expect(typeof goes(noProxy, host, port)).toBe('boolean')
        },
      ),
    )
    const octet = fc.integer({ min: 1, max: 100 })
    fc.assert(
      fc.property(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }), (a, b, c, d, bits) => {
        const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
        const flipped = bits === 32 ? value : (value ^ 1) >>> 0
        const other = [24, 16, 8, 0].map((shift) => (flipped >>> shift) & 255).join('.')
        expect(goes(`${a}.${b}.${c}.${d}/${bits}`, other)).toBe(false)
        const outside = bits === 0 ? undefined : (value ^ (1 << (32 - bits))) >>> 0
        if (outside === undefined || outside >>> 24 === 127) return
        expect(
          goes(`${a}.${b}.${c}.${d}/${bits}`, [24, 16, 8, 0].map((shift) => (outside >>> shift) & 255).join('.')),
        ).toBe(true)
      }),
    )
  })
})

describe('a proxy', () => {
  const settings = {
    httpProxy: 'http://me:p%40ss@proxy.test:3128',
    httpsProxy: '10.0.0.1:8080',
    noProxy: 'bücher.test,10.0.0.0/8',
  }

  it('is the one for the scheme', () => {
    expect(proxyFor(settings, new URL('http://web.test/'))).toEqual({
      kind: 'proxy',
      host: 'proxy.test',
      port: 3128,
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    })
    expect(proxyFor(settings, new URL('https://web.test/'))).toEqual({
      kind: 'proxy',
      host: '10.0.0.1',
      port: 8080,
      authorization: undefined,
    })
    expect(proxyFor({ httpsProxy: 'proxy' }, new URL('https://web.test'))).toMatchObject({ host: 'proxy', port: 80 })
    expect(proxyFor({ httpProxy: '[fd00::1]:3128' }, new URL('http://web.test'))).toMatchObject({
      host: 'fd00::1',
      port: 3128,
    })
  })

  it('is none where none is set, or the rule says so', () => {
    for (const url of [
      'https://xn--bcher-kva.test/',
      'http://a.bücher.test/',
      'http://10.1.1.1:8080',
      'http://localhost/',
      'https://[::1]/',
    ])
      expect(proxyFor(settings, new URL(url))).toEqual({ kind: 'direct' })
    expect(proxyFor({ httpsProxy: 'proxy' }, new URL('http://web.test/'))).toEqual({ kind: 'direct' })
    expect(proxyFor({}, new URL('http://web.test/'))).toEqual({ kind: 'direct' })
  })

  it('is not used where it is none that is spoken to, and its password is not told', () => {
    expect(proxyFor({ httpProxy: 'socks5://me:secret@proxy:1080' }, new URL('http://web.test'))).toEqual({
      kind: 'unusable',
      message: 'httpProxy names a proxy of socks5://, and only http:// is spoken',
    })
    expect(proxyFor({ httpProxy: 'http://secret:x y@:80' }, new URL('http://web.test'))).toEqual({
      kind: 'unusable',
      message: 'httpProxy is no address of a proxy',
    })
  })
})
