/** For tests: documents made from the schema, right and wrong, and files that are nothing but hostile. */
import fc from 'fast-check'
import { HEAD } from './testing.ts'
import type { JsonSchema } from './walk/json-schema.ts'

const WORDS = [
  '',
  'a',
  '30s',
  '0',
  '/',
  '/run',
  'true',
  'system-cpu',
  `\${V}`,
  `\${NODE_NAME:-x}`,
  '2001-12-14',
  '\u202e',
]

/** What stands where something else is expected. */
const OTHERS: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(5, -1, 1.5, 1e21, true, false, [], {}, [1], { a: 1 }, [[]], [null], ...WORDS),
  fc.string({ unit: 'binary', maxLength: 12 }),
)

/** A value of the schema, or (one in `wrong`) another; null too where `nulls`. */
export function documentOf(schema: JsonSchema, wrong: number, nulls: boolean): fc.Arbitrary<unknown> {
  const right = rightOf(schema, wrong, nulls)
  if (wrong === 0) return right
  const other = nulls ? fc.oneof(OTHERS, fc.constant(null)) : OTHERS
  return fc.oneof({ weight: wrong, arbitrary: right }, { weight: 1, arbitrary: other })
}

function rightOf(schema: JsonSchema, wrong: number, nulls: boolean): fc.Arbitrary<unknown> {
  if (schema.duration !== undefined) return fc.constantFrom('30s', '1m', '5m', '1h', '10m')
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.constantFrom<unknown>('127.0.0.1', '::1')
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer' || schema.type === 'number') return numberOf(schema)
  if (schema.type === 'array') return fc.array(documentOf(schema.items ?? {}, wrong, nulls), { maxLength: 3 })
  if (schema.type === 'object') return objectOf(schema, wrong, nulls)
  return fc.oneof(fc.constant(schema.sample ?? 'x'), fc.constantFrom(...WORDS))
}

function numberOf({ minimum = -5, maximum = 5 }: JsonSchema): fc.Arbitrary<number> {
  return fc.integer({ min: Math.ceil(minimum), max: Math.min(maximum, Math.ceil(minimum) + 1000) })
}

function objectOf(schema: JsonSchema, wrong: number, nulls: boolean): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties } = schema
  if (properties === undefined) {
    const item = typeof additionalProperties === 'object' ? additionalProperties : { type: 'string' }
    return fc.dictionary(fc.constantFrom('a', 'b-c', 'DiskFull'), documentOf(item, wrong, nulls), { maxKeys: 3 })
  }
  const values = Object.entries(properties).map(([key, property]) => [key, documentOf(property, wrong, nulls)] as const)
  return fc.record(Object.fromEntries(values), wrong === 0 ? { requiredKeys: [...required] } : { requiredKeys: [] })
}

function repeated(piece: string, length: number): string {
  return piece.repeat(Math.floor(length / piece.length))
}

function numbered(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n')
}

const LONG = 'b'.repeat(50)
const depending = (target: string) =>
  `${HEAD}x: &d [${numbered(95, (i) => `m${i}${target},`)}]\nmonitors:\n${numbered(480, (i) => `  - {name: m${i}${LONG}, type: system-cpu, dependsOn: *d}`)}`

/** Files of nearly `length` bytes that once took minutes, or would where something is compared with everything. */
export function longDocuments(length: number): Record<string, string> {
  const lines = Math.floor(length / 25)
  const setting = (key: string, piece: string, tail = '') =>
    `${HEAD}settings:\n  ${key}: "${repeated(piece, length)}${tail}"\n`
  return {
    'a name without an end': setting('nodeName', 'a'),
    'a name of many parts': setting('nodeName', 'a-', '!'),
    'beginnings of addresses': setting('nodeName', 'a://'),
    'beginnings of variables': setting('nodeName', `\${a:-`),
    'many variables': setting('logLevel', `\${a}`),
    'a long duration': setting('updateInterval', '1d'),
    'a long address': `${HEAD}bus:\n  url: "${repeated('nats://a,', length)}"`,
    'unknown keys': HEAD + numbered(lines, (i) => `setting${i}xxxxxxx: 1`),
    'unknown checks': `${HEAD}monitors:\n${numbered(lines / 2, (i) => `  - {name: m${i}, type: disk-healt-check${i}}`)}`,
    'unknown dependencies': depending('a'.repeat(50)),
    'circles of dependencies': depending(LONG),
    'unknown conditions': `${HEAD}exporters:\n  kubernetes:\n    enabled: true\n    conditionTypes:\n${numbered(lines, (i) => `      Xond${i}: A${i}`)}`,
    'a long key over many': `${HEAD}monitors:\n  - name: x\n    type: foo-bar\n    config:\n      ? ${repeated('k', length / 2)}\n      : {${numbered(lines, (i) => `k${i}: 1,`)}}`,
    'variables that nobody set': `${HEAD}labels:\n${numbered(lines, (i) => `  k${i}: "\${V${i}}"`)}`,
    ...Object.fromEntries(
      [
        '[',
        '{a: ',
        '- ',
        '? ',
        '&a ',
        '!a ',
        '*a ',
        '"a" ',
        'a: ',
        '\n',
        '#a\n',
        '%a\n',
        '|\n',
        '-\n',
        'a: 1\n',
        ': \n',
      ].map((piece) => [`nothing but ${JSON.stringify(piece)}`, repeated(piece, length)]),
    ),
    'escapes in quotes': `a: "${repeated('\\x', length)}"`,
    'broken lines in quotes': `a: "${repeated('\\\n', length)}"`,
    'commas in brackets': `[${repeated(',', length)}`,
    'items in brackets': `[${repeated('a,', length)}`,
    'items in braces': `{${repeated('a,', length)}`,
    aliases: `a: &a 1\nb: [${repeated('*a ,', length)}]`,
    'a long number': `a: ${repeated('1', length)}`,
    'dots in a key': `${HEAD}"${repeated('a.', length)}": 1`,
  }
}
