import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEPTH_MAX, JsonError, parseJson, VALUES_MAX } from './json.ts'
import { type Kind, plain, take } from './testing-npd.ts'

interface GoRow {
  readonly text?: string
  readonly base64?: string
  readonly log?: object
  readonly plugin?: object
  readonly stats?: object
  readonly errors: Readonly<Record<string, string>>
}

const rows = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/table.json'), 'utf8')) as GoRow[]
const KINDS = ['log', 'plugin', 'stats'] as const satisfies readonly Kind[]

describe('what Go makes of', () => {
  it.each(rows.map((row) => [row.text ?? `base64 ${row.base64}`, row] as const))('%j', (_title, row) => {
    const bytes = row.text === undefined ? Buffer.from(row.base64 ?? '', 'base64') : Buffer.from(row.text)
    for (const kind of KINDS) {
      const { value, faults } = take(bytes, kind)
      expect([kind, faults.length > 0]).toEqual([kind, row[kind] === undefined])
      if (value === undefined) continue
      // A whole number of 64 bits is not always one of JavaScript.
      expect(plain(value)).toEqual(plain(row[kind]))
    }
  })
})

function faultOf(text: string): string {
  try {
    parseJson(text)
  } catch (err) {
    if (err instanceof JsonError) return `${err.at}: ${err.message}`
    throw err
  }
  return ''
}

describe('what is no JSON', () => {
  it.each([
    ['', '0: ends here; expected a value'],
    ['\ufeff{}', '0: begins with a byte order mark; expected JSON without one'],
    ['{"a": 1, // x\n}', '9: a comment; JSON has none'],
    ['# x', '0: a comment; JSON has none'],
    ['{"a": [1, 2,]}', '11: a comma before "]"; expected none, JSON has no comma behind the last'],
    ['{"a": 1 "b": 2}', '8: "\\"" stands here; expected "," or "}"'],
    ['{"a" 1}', '5: "1" stands here; expected ":"'],
    ['{a: 1}', '1: "a" stands here; expected a key in double quotes'],
    ['{"a": x}', '6: "x" stands here; expected a value'],
    ['{} {}', '3: "{" stands here; expected nothing behind the end of the JSON'],
    ['{"a": "b', '6: a text without an end; expected a closing double quote'],
    ['{"a": "b\nc"}', '8: "\\n" within a text; expected it written as an escape'],
    ['{"a": "\\d"}', '7: "\\\\d" is no escape of JSON; expected one such as "\\\\n" or "\\\\u0041"'],
  ])('is told with its place: %j', (text, fault) => {
    expect(faultOf(text)).toBe(fault)
  })

  it('is bounded in depth and in number', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(faultOf(nested(DEPTH_MAX + 1))).toBe('')
    expect(faultOf(nested(DEPTH_MAX + 2))).toBe(`${DEPTH_MAX + 1}: is nested deeper than ${DEPTH_MAX} levels`)
    expect(faultOf('['.repeat(1_000_000))).toContain('is nested deeper')
    expect(faultOf(`[${'1,'.repeat(VALUES_MAX)}1]`)).toContain(`has more than ${VALUES_MAX} values`)
  })
})

describe('whatever a text is', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"rules"',
    '"source"',
    '\\',
    '1',
    '-',
    'e',
    'true',
    'null',
    ' ',
    '\n',
    '/',
    '\u0000',
  )
  const anything = fc.oneof(
    fc.array(token, { maxLength: 40 }).map((all) => all.join('')),
    fc.string({ unit: 'binary' }),
    fc.json(),
  )

  it('is taken or refused as JavaScript’s own parser does, and gives the same', () => {
    fc.assert(
      fc.property(anything, (text) => {
        let own: unknown
        try {
          own = JSON.parse(text)
        } catch {
          expect(faultOf(text)).not.toBe('')
          return
        }
        const node = parseJson(text)
        expect(JSON.stringify(dataOf(node)).toWellFormed()).toBe(JSON.stringify(own).toWellFormed())
      }),
      { numRuns: 2000 },
    )
  })
})

function dataOf(node: ReturnType<typeof parseJson>): unknown {
  if (node.kind === 'object') return Object.fromEntries(node.members.map(({ key, value }) => [key, dataOf(value)]))
  if (node.kind === 'array') return node.items.map(dataOf)
  if (node.kind === 'number') return Number(node.raw)
  return node.kind === 'null' ? null : node.value
}
