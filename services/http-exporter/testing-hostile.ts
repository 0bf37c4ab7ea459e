/** Hostile texts in every field of every message that the bus brings, and what of them may never come out again. */
import fc from 'fast-check'

/** Control characters, line breaks of all kinds, bidirectional and invisible ones, ends of JSON, HTML, SSE and metrics. */
const NASTY = [
  '\u0000\u0007\u001b[2J\u001b[31mred',
  '\u202egnp.exe\u2066',
  'line\nbreak\r\n\u0085\u2028\u2029end',
  '\n\ndata: {"kind":"node"}\n\nid: x-1\n',
  '"} 1\n# HELP node_doctor_up forged\nnode_doctor_up 1\n',
  '\r\n\r\nHTTP/1.1 200 OK\r\n',
  'a\u200b\u200db\ufeff\u00adc',
  '</script><script>alert(1)</script>',
  '\\" \\u202e {x="y"}',
  '../../%00/%ff?#',
  '\u{e0041}\u{e007f}tag',
  '__proto__',
  '',
]

/** One text that may stand anywhere. */
const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  // What protobuf can hold: no unpaired surrogate.
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.toWellFormed()) },
)

/** Texts to be taken one after the other, over and over. */
export const hostileTexts = fc.array(hostile, { minLength: 5, maxLength: 40 }).map(endless)

export function endless(all: readonly string[]): () => string {
  let next = 0
  return () => all[next++ % all.length] ?? ''
}

/** The message with every text in it, also the keys of its maps, replaced. `texts` is asked once for each. */
export function spoiled<T>(message: T, texts: (path: string) => string): T {
  function spoil(value: unknown, path: string): unknown {
    if (typeof value === 'string') return texts(path)
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    if (Array.isArray(value)) return value.map((item, index) => spoil(item, `${path}[${index}]`))
    const isMap = path.endsWith('.labels')
    const fields = Object.entries(value).map(
      ([name, item]) => [isMap ? texts(`${path} key`) : name, spoil(item, `${path}.${name}`)] as const,
    )
    return Object.fromEntries(fields)
  }
  return spoil(message, '') as T
}

/** Where the texts of a message stand. */
export function pathsOf(message: unknown): string[] {
  const paths: string[] = []
  spoiled(message, (path) => {
    paths.push(path)
    return ''
  })
  return paths
}

/** What no reader may be given: it hides, turns around, breaks lines or commands a terminal. */
export const UNCLEAN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}|[\u{e0000}-\u{e007f}]/u

/** Longest text that is given to anybody. */
export const LONGEST = 2048

/** What a source said is whole, with its lines. */
const LONGEST_MESSAGE = 32 * 1024
const IS_MESSAGE = /\.(?:condition|problem|event)s?(?:\.\d+)?\.message$/

function isDirty(text: string, path: string): boolean {
  if (!IS_MESSAGE.test(path)) return UNCLEAN.test(text) || text.length > LONGEST
  return UNCLEAN.test(text.replace(/[\n\t]/g, '')) || text.length > LONGEST_MESSAGE
}

/** What of a JSON document is unclean or endless: each text and each key, by its path. */
export function dirtIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return isDirty(value, path) ? [`${path}: ${value.slice(0, 60)}`] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [
    ...(UNCLEAN.test(key) || key.length > LONGEST ? [`${path}: key ${key.slice(0, 60)}`] : []),
    ...dirtIn(item, `${path}.${key}`),
  ])
}
