import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseResolvConf } from './resolv-conf.ts'
import { searchNames } from './search-path.ts'
import { askGlibc, HOST_DOMAIN, whyNoGlibc } from './testing-glibc.ts'

/** RES_* of resolv.h. */
const FLAGS: Readonly<Record<string, number>> = {
  'use-vc': 0x8,
  rotate: 0x4000,
  edns0: 0x100000,
  'single-request': 0x200000,
  'single-request-reopen': 0x400000,
  'no-tld-query': 0x1000000,
  no_tld_query: 0x1000000,
  'no-reload': 0x2000000,
  'trust-ad': 0x4000000,
  'no-aaaa': 0x8000000,
}
const ALL = Object.values(FLAGS).reduce((sum, flag) => sum | flag, 0)

const blank = fc.constantFrom(' ', '\t', '  ', ' \t ')
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((text) => text.toLowerCase()),
  fc.constantFrom(
    '127.1',
    '010.0.0.1',
    '0x7f.1',
    '2130706433',
    '4294967296',
    '1.2.3',
    '1.2.3.',
    '1.2.3.4.5',
    '08.1.1.1',
  ),
  fc.constantFrom(
    '::1',
    'fe80::1%lo',
    'fe80::1%',
    'fe80::1%nope',
    '::ffff:1.2.3.4',
    'x',
    '',
    'dns.example',
    '1.2.3.256',
  ),
)
const domain = fc.constantFrom('a', 'b.c', 'svc.cluster.local', '.', '.d', 'e.', 'x'.repeat(60), '#f', ';g')
const option = fc.oneof(
  fc.constantFrom(...Object.keys(FLAGS), '-rotate', '-edns0', 'rotated', 'debug', 'inet6', 'x', '-', 'single'),
  fc
    .tuple(
      fc.constantFrom('ndots', 'timeout', 'attempts'),
      fc.constantFrom('0', '1', '3', '5', '16', '99', 'x', '', '4x', '+2'),
    )
    .map(([name, value]) => `${name}:${value}`),
)
const words = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 4 })
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '', ' ', '#', '; '),
    fc.oneof(
      fc.tuple(fc.constant('nameserver'), blank, words(address)),
      fc.tuple(fc.constantFrom('search', 'domain', 'searchx', 'Search'), blank, words(domain)),
      fc.tuple(fc.constantFrom('options', 'option'), blank, words(option)),
      fc.tuple(fc.constantFrom('sortlist', 'family', ''), blank, words(address)),
    ),
    blank,
    fc.constantFrom('', '', ' ', '\t', '\r', ' # more', '\0 more'),
  )
  .map(([before, [keyword, first, rest], between, after]) => `${before}${keyword}${first}${rest.join(between)}${after}`)
  // glibc 2.36 never comes back from a carriage return there.
  .filter((text) => !/^sortlist.*\r/.test(text))
const file = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('', '\n', '\n\n'))
  .map(([lines, end]) => lines.join('\n') + end)

const why = whyNoGlibc()

describe.skipIf(why !== '')(`a resolv.conf ${why}`, () => {
  it('means what it means to glibc', () => {
    const texts = ['', ...fc.sample(file, 600)]
    const answers = askGlibc(texts.map((text) => ({ text })))
    for (const [index, text] of texts.entries()) {
      const conf = parseResolvConf(text)
      const glibc = answers[index]
      const ours = {
        servers: conf.servers.map((one) => one.replace(/%.*/s, '')),
        search: (conf.search ?? [HOST_DOMAIN]).slice(0, 6),
        timeout: conf.timeoutS,
        attempts: conf.attempts,
        ndots: conf.ndots,
        options: conf.flags.reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0),
      }
      expect({ text, ...ours }).toEqual({
        text,
        servers: glibc?.servers.map(([one]) => one),
        search: glibc?.search,
        timeout: Math.max(1, glibc?.timeout ?? 0),
        attempts: glibc?.attempts,
        ndots: glibc?.ndots,
        options: (glibc?.options ?? 0) & ALL,
      })
    }
  })

  it('makes glibc ask for the names that we say it asks for, in turn', () => {
    const name = fc.constantFrom(
      'a',
      'a.',
      'kubernetes.default',
      'a.b.c',
      'a.b.c.d.e.f',
      'a.b.',
      'x'.repeat(63),
      `${'x'.repeat(63)}.y`,
    )
    const cases = fc.sample(
      fc.record({
        name,
        text: fc
          .tuple(words(domain), fc.constantFrom('0', '1', '2', '5'), fc.constantFrom('', ' no-tld-query'))
          .map(
            ([search, ndots, more]) =>
              `search ${search.join(' ')}\noptions ndots:${ndots}${more}\nnameserver 127.0.0.1\n`,
          ),
      }),
      200,
    )
    const answers = askGlibc(cases)
    for (const [index, { text, name: asked }] of cases.entries()) {
      const ours = searchNames(asked, parseResolvConf(text), HOST_DOMAIN)
      expect({ text, asked, names: ours }).toEqual({ text, asked, names: [...new Set(answers[index]?.asked)] })
    }
  })
})
