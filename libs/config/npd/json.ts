/**
 * JSON as Go's encoding/json takes it, with the place of each value: no comments, no commas too many, nothing behind the end, no
 * byte order mark. Of a file of a user, so bounded in what it may hold; what is taken here Go takes too.
 */

export type JsonNode = JsonValue & {
  /** What is shown of it in place of its text: it holds a secret. */
  readonly shown?: string
}

type JsonValue =
  | { readonly kind: 'object'; readonly at: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly at: number; readonly items: readonly JsonNode[] }
  /** `raw` is what stands between the quotes. */
  | { readonly kind: 'text'; readonly at: number; readonly value: string; readonly raw: string }
  | { readonly kind: 'number'; readonly at: number; readonly raw: string }
  | { readonly kind: 'flag'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'null'; readonly at: number }

/** A key with its value; a key may stand several times. `at` is the key's place. */
export interface JsonMember {
  readonly key: string
  readonly at: number
  readonly value: JsonNode
}

/** Go stops at 10,000. Of what a monitor's file has, nothing lies deeper than 5. */
export const DEPTH_MAX = 500
/** A file that is nothing but brackets has more; NPD's own have 400 at most. */
export const VALUES_MAX = 50_000

/** What keeps a text from being JSON, and where. */
export class JsonError extends Error {
  readonly code = 'BAD_JSON'
  readonly at: number

  constructor(at: number, text: string) {
    super(text)
    this.name = 'JsonError'
    this.at = at
  }
}

const SPACE = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** Up to what ends a text or has to be looked at. */
// oxlint-disable-next-line no-control-regex -- Go takes no control character within a text
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const WORDS = [
  ['true', { kind: 'flag', value: true }],
  ['false', { kind: 'flag', value: false }],
  ['null', { kind: 'null' }],
] as const

/** @throws JsonError */
export function parseJson(text: string): JsonNode {
  return createParser(text).document()
}

/** Reads on in a text: what both halves of the parser need. */
function createCursor(text: string) {
  const cursor = {
    at: 0,
    /** What a pattern that sticks takes from here. */
    take(pattern: RegExp): string {
      pattern.lastIndex = cursor.at
      const [found = ''] = pattern.exec(text) ?? []
      cursor.at += found.length
      return found
    },
    /** The next character that is no space; "" at the end. */
    peek(): string {
      cursor.take(SPACE)
      return text[cursor.at] ?? ''
    },
    /** What stands here where something else must. */
    stray(expected: string): JsonError {
      const { at } = cursor
      if (at >= text.length) return new JsonError(at, `ends here; expected ${expected}`)
      if (at === 0 && text.startsWith('\ufeff'))
        return new JsonError(at, 'begins with a byte order mark; expected JSON without one')
      if (/^\/[/*]|^#/.test(text.slice(at, at + 2))) return new JsonError(at, 'a comment; JSON has none')
      const [character = ''] = text.slice(at, at + 2)
      return new JsonError(at, `${JSON.stringify(character)} stands here; expected ${expected}`)
    },
  }
  return cursor
}

type Cursor = ReturnType<typeof createCursor>

function createParser(text: string) {
  const cursor = createCursor(text)
  let values = 0

  function value(depth: number): JsonNode {
    const first = cursor.peek()
    const { at } = cursor
    if (++values > VALUES_MAX) throw new JsonError(at, `has more than ${VALUES_MAX} values; expected a monitor's file`)
    if (depth > DEPTH_MAX) throw new JsonError(at, `is nested deeper than ${DEPTH_MAX} levels`)
    if (first === '{') return { kind: 'object', at, members: members(depth) }
    if (first === '[') return { kind: 'array', at, items: items(depth) }
    if (first === '"') return { kind: 'text', at, ...readText(text, cursor) }
    const raw = cursor.take(NUMBER)
    if (raw !== '') return { kind: 'number', at, raw }
    const word = WORDS.find(([name]) => text.startsWith(name, at))
    if (word === undefined) throw cursor.stray('a value')
    cursor.at += word[0].length
    return { ...word[1], at }
  }

  /** What stands between two brackets, with commas between. */
  function between<T>(close: string, one: () => T): T[] {
    const found: T[] = []
    cursor.at++
    if (cursor.peek() === close) {
      cursor.at++
      return found
    }
    for (;;) {
      found.push(one())
      const next = cursor.peek()
      if (next !== ',' && next !== close) throw cursor.stray(`"," or "${close}"`)
      const { at } = cursor
      cursor.at++
      if (next === close) return found
      if (cursor.peek() === close)
        throw new JsonError(at, `a comma before "${close}"; expected none, JSON has no comma behind the last`)
    }
  }

  function items(depth: number): JsonNode[] {
    return between(']', () => value(depth + 1))
  }

  function members(depth: number): JsonMember[] {
    return between('}', () => {
      if (cursor.peek() !== '"') throw cursor.stray('a key in double quotes')
      const { at } = cursor
      const key = readText(text, cursor).value
      if (cursor.peek() !== ':') throw cursor.stray('":"')
      cursor.at++
      return { key, at, value: value(depth + 1) }
    })
  }

  return {
    document(): JsonNode {
      const root = value(0)
      if (cursor.peek() !== '') throw cursor.stray('nothing behind the end of the JSON')
      return root
    },
  }
}

function readText(text: string, cursor: Cursor): { readonly value: string; readonly raw: string } {
  const start = ++cursor.at
  let value = cursor.take(PLAIN)
  while (text[cursor.at] !== '"') {
    const { at } = cursor
    if (at >= text.length) throw new JsonError(start - 1, 'a text without an end; expected a closing double quote')
    if (text[at] !== '\\') {
      throw new JsonError(at, `${JSON.stringify(text[at])} within a text; expected it written as an escape`)
    }
    value += escaped(text, cursor) + cursor.take(PLAIN)
  }
  const raw = text.slice(start, cursor.at++)
  // Go puts U+FFFD where half a pair is written.
  return { value: value.toWellFormed(), raw }
}

function escaped(text: string, cursor: Cursor): string {
  const { at } = cursor
  const letter = text[at + 1] ?? ''
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
  const hex = letter === 'u' ? /^[0-9a-fA-F]{4}/.exec(text.slice(at + 2, at + 6))?.[0] : undefined
  if (plain === undefined && hex === undefined) {
    throw new JsonError(
      at,
      `${JSON.stringify(text.slice(at, at + 2))} is no escape of JSON; expected one such as "\\\\n" or "\\\\u0041"`,
    )
  }
  cursor.at += hex === undefined ? 2 : 6
  return plain ?? String.fromCharCode(Number.parseInt(hex ?? '', 16))
}
