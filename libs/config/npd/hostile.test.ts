import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '#golang'
import { compilePattern } from '#pattern'
import type { NpdConfig } from './kinds.ts'
import { FILE_PIECES, FILE_TEXTS, NOTHING, readText } from './testing-npd.ts'

/** A file of NPD's with some of its text taken out, put in, or written twice. */
const mangled = fc
  .tuple(
    fc.constantFrom(...FILE_TEXTS),
    fc.array(fc.tuple(fc.nat(400), fc.nat(6), fc.constantFrom('', ...FILE_PIECES)), { maxLength: 4 }),
    fc.option(fc.constantFrom(...FILE_TEXTS)),
  )
  .map(([seed, cuts, other]) => {
    const cut = cuts.reduce((text, [at, length, piece]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + piece + text.slice(start + length)
    }, seed)
    return other === null ? cut : `${cut.slice(0, -1)},${other.slice(1)}`
  })

/** What holds of each that is taken. */
function expectUsable(config: NpdConfig): void {
  const durations = ['lookback', 'delay', 'invokeInterval'].flatMap((key) => config[key] ?? [])
  for (const duration of durations) expect(parseDuration(String(duration))).toBeTypeOf('bigint')
  const rules = (config['rules'] ?? []) as readonly { readonly pattern?: string; readonly path?: string }[]
  for (const { pattern } of rules) if (pattern !== undefined) expect(compilePattern(pattern).source).toBe(pattern)
  expect(structuredClone(config)).toEqual(config)
}

describe('whatever stands in a file', () => {
  it('is usable, or says with its place why not', () => {
    fc.assert(
      fc.property(
        fc.oneof(mangled, fc.string({ unit: 'binary' }), fc.json()),
        fc.constantFrom(undefined, 'log', 'plugin', 'stats', 'external'),
        (text, kind) => {
          const { config, faults, warnings, kind: read } = readText(text, kind)
          if (config === undefined)
            expect(faults.length + (read === undefined ? warnings.length : 0)).toBeGreaterThan(0)
          else expectUsable(config)
          for (const { where, text: what } of [...faults, ...warnings]) {
            expect(where).toMatch(/^\/npd\/file\.json:\d+:\d+$/)
            expect(what).not.toMatch(/[\n\r]/)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('names nothing of our own objects', () => {
    const text =
      '{"__proto__":{"plugin":"custom"},"plugin":"journald","pluginConfig":{"__proto__":"x","source":"y","constructor":"z"},"toString":5}'
    const { config, faults } = readText(text)
    expect(faults).toEqual([])
    const written = config?.['pluginConfig'] as object
    expect(Object.getPrototypeOf(written)).toBe(Object.prototype)
    expect(Object.entries(written)).toEqual([
      ['__proto__', 'x'],
      ['source', 'y'],
      ['constructor', 'z'],
    ])
    expect(Object.hasOwn({}, 'plugin')).toBe(false)
    const recover = Object.fromEntries([['__proto__', { reboot: true }]])
    expect(readText('{"plugin":"kmsg"}', 'log', { ...NOTHING, recover }).faults).toEqual([])
  })

  const MIB = 1_048_576
  const filled = (one: string) => Array.from({ length: Math.floor(MIB / (one.length + 1)) }, () => one).join(',')
  it.each([
    ['brackets', '['.repeat(MIB)],
    ['numbers', `[${filled('1')}]`],
    ['unknown keys', `{${filled('"lockback":1')}}`],
    ['the same key', `{${filled('"rules":[{}]')}}`],
    ['maps of one key', `{"plugin":"kmsg",${filled('"pluginConfig":{"a":"b"}')}}`],
    [
      'a growing map',
      `{"plugin":"kmsg","pluginConfig":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":"v"`).join(',')}},${filled('"pluginConfig":{}').slice(0, 500_000)}`,
    ],
    ['empty rules', `{"plugin":"kmsg","rules":[${filled('{}')}]}`],
    ['wrong rules', `{"plugin":"custom","rules":[${filled('{"type":5,"path":[]}')}]}`],
    ['conditions', `{"plugin":"kmsg","conditions":[${filled('{"type":"A"}')}]}`],
    ['a pattern', `{"plugin":"kmsg","rules":[{"pattern":"${'(a|'.repeat(MIB / 4)}"}]}`],
    ['repetitions', `{"plugin":"kmsg","rules":[{"pattern":"${'a{1000}'.repeat(1000)}"}]}`],
    [
      'a thousand large patterns',
      `{"plugin":"kmsg","rules":[${Array.from({ length: 1000 }, () => '{"pattern":"(ab?c*){300}|x"}').join(',')}]}`,
    ],
    ['escapes', `{"source":"${'\\u0041'.repeat(MIB / 6 - 10)}"}`],
    ['line breaks', '\n'.repeat(MIB - 1)],
    ['backslashes', `{"source":"${'\\'.repeat(MIB)}`],
    [
      'a thousand patterns that repeat',
      `{"plugin":"kmsg","rules":[${Array.from({ length: 1000 }, () => `{"pattern":"${'a{1000}'.repeat(140)}"}`).join(',')}]}`,
    ],
  ])(
    'is looked at in seconds, and be it 1 MiB of %s',
    (_what, text) => {
      const began = performance.now()
      const { faults, warnings } = readText(text)
      expect(faults.length).toBeLessThanOrEqual(101)
      expect(warnings.length).toBeLessThanOrEqual(101)
      expect(performance.now() - began).toBeLessThan(20_000)
    },
    60_000,
  )
})
