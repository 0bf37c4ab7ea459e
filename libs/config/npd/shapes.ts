/**
 * Values as Go's encoding/json makes them of JSON: keys of structs by any case, unknown ones left out, null as if nothing were
 * written, and of a key that stands several times the last, laid over the ones before it as Go lays it.
 */
import { HIDDEN, isSecretKey, withoutUserinfo } from '../secrets.ts'
import type { JsonNode } from './json.ts'
import type { Reading } from './reading.ts'

/** How a value of one type of Go is made. */
export interface Shape<T> {
  /** Where nothing is written. */
  zero(): T
  /** @param into what an earlier key of the same name left */
  decode(node: JsonNode, into: T, key: string, reading: Reading): T
}

type Of<S> = S extends Shape<infer T> ? T : never

/** A slice of Go: its memory outlives its length, and a later list is laid over what an earlier one left there. */
export interface Slice<T> {
  readonly memory: T[]
  readonly length: number
}

export function itemsOf<T>({ memory, length }: Slice<T>): readonly T[] {
  return memory.slice(0, length)
}

/** What stands there, in words of JSON; a secret without showing it. */
function words(node: JsonNode, key: string): string {
  const shown = (text: string) => (isSecretKey(key) ? HIDDEN : (node.shown ?? withoutUserinfo(text)))
  if (node.kind === 'text') {
    const text = shown(node.value)
    return `${text === HIDDEN ? HIDDEN : JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)} is a text`
  }
  if (node.kind === 'number') return `${shown(node.raw).slice(0, 60)} is a number`
  if (node.kind === 'flag') return `is ${shown(String(node.value))}`
  if (node.kind === 'array') return 'is a list'
  return node.kind === 'object' ? 'is a map' : 'is null'
}

/** Says that something else stands there than what is expected. */
export function wrong(node: JsonNode, expected: string, key: string, reading: Reading): void {
  reading.fault(key, `${words(node, key)}; expected ${expected}`, node.at)
}

/** A value that JSON has by itself: null leaves what is there. */
function scalar<T>(zero: T, expected: string, read: (node: JsonNode) => T | undefined): Shape<T> {
  return {
    zero: () => zero,
    decode(node, into, key, reading) {
      if (node.kind === 'null') return into
      reading.stands(key, node.at)
      const value = read(node)
      if (value === undefined) wrong(node, expected, key, reading)
      return value ?? into
    },
  }
}

export const text = scalar('', 'a text', (node) => (node.kind === 'text' ? node.value : undefined))

export const flag = scalar(false, 'true or false', (node) => (node.kind === 'flag' ? node.value : undefined))

const INT_MAX = 2n ** 63n

/** A whole number of 64 bits, written without a point and without an exponent. */
export function integerOf(node: JsonNode): bigint | undefined {
  if (node.kind !== 'number' || !/^-?[0-9]{1,19}$/.test(node.raw)) return undefined
  const value = BigInt(node.raw)
  return value >= -INT_MAX && value < INT_MAX ? value : undefined
}

export const whole = scalar(0, 'a whole number without a point', (node) => {
  const value = integerOf(node)
  return value === undefined ? undefined : Number(value)
})

/** A number, with a point or without. */
export const decimal = scalar(0, 'a number', (node) => {
  const value = node.kind === 'number' ? Number(node.raw) : Number.NaN
  return Number.isFinite(value) ? value : undefined
})

/** A text; numbers and booleans are texts as they are written. */
export const word = scalar('', 'a text', (node) => {
  if (node.kind === 'number') return node.raw
  if (node.kind === 'flag') return String(node.value)
  return node.kind === 'text' ? node.value : undefined
})

/** Of what is taken and not looked at: whether it is written. */
export const anything: Shape<boolean> = {
  zero: () => false,
  decode(node, into, key, reading) {
    if (node.kind === 'null') return into
    reading.stands(key, node.at)
    return true
  },
}

/** RFC 3339 as `time.Time` reads it, which is no stricter than this: as it stands, escapes not followed. */
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?(?:Z|[+-](?:[01]\d|2[0-4]):(?:[0-5]\d|60))$/

function isTime(raw: string): boolean {
  const [, year, month, day] = TIME.exec(raw) ?? []
  if (year === undefined) return false
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1] ?? 0
  return d >= 1 && d <= days
}

/** A time of which nobody makes anything. */
export const time = scalar('', 'a time such as "2026-01-02T15:04:05Z"', (node) =>
  node.kind === 'text' && isTime(node.raw) ? node.value : undefined,
)

/** A pointer of Go: undefined where nothing or null is written. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    zero: () => undefined,
    decode: (node, into, key, reading) =>
      node.kind === 'null' ? undefined : shape.decode(node, into ?? shape.zero(), key, reading),
  }
}

export function list<T>(shape: Shape<T>): Shape<Slice<T>> {
  const zero = () => ({ memory: [], length: 0 })
  return {
    zero,
    decode(node, into, key, reading) {
      if (node.kind === 'null') return zero()
      reading.stands(key, node.at)
      if (node.kind !== 'array') {
        wrong(node, 'a list', key, reading)
        return into
      }
      if (node.items.length === 0) return zero()
      const { memory } = into
      node.items.forEach((item, index) => {
        const own = `${key}[${index}]`
        reading.stands(own, item.at)
        memory[index] = shape.decode(item, memory[index] ?? shape.zero(), own, reading)
      })
      return { memory, length: node.items.length }
    },
  }
}

/** A map by keys of anybody's choice, case and all; of a key that stands twice the last counts alone. */
export function mapOf<T>(shape: Shape<T>): Shape<Map<string, T>> {
  const zero = () => new Map<string, T>()
  return {
    zero,
    decode(node, into, key, reading) {
      if (node.kind === 'null') return zero()
      reading.stands(key, node.at)
      if (node.kind !== 'object') {
        wrong(node, 'a map', key, reading)
        return into
      }
      for (const { key: name, value } of node.members) {
        into.set(name, shape.decode(value, shape.zero(), `${key}.${name}`, reading))
      }
      return into
    },
  }
}

/** Letters that are another one's other case, as far as they meet ASCII: the long s and the Kelvin sign do. */
function folded(name: string): string {
  return name.replace(/[a-z\u017f\u212a]/g, (letter) =>
    letter === '\u017f' ? 'S' : letter === '\u212a' ? 'K' : letter.toUpperCase(),
  )
}

/** Whether a key of JSON is one of these, as Go matches keys of a struct. */
export function matchesKey(written: string, names: readonly string[]): boolean {
  return names.some((name) => folded(name) === folded(written))
}

/** A struct: the names are the keys as NPD writes them. */
export function struct<S extends Readonly<Record<string, Shape<unknown>>>>(
  fields: S,
): Shape<{ readonly [K in keyof S]: Of<S[K]> }> {
  type T = { readonly [K in keyof S]: Of<S[K]> }
  const names = Object.keys(fields)
  const byFold = new Map(names.map((name) => [folded(name), name]))
  return {
    zero: () => Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, shape.zero()])) as T,
    decode(node, into, key, reading) {
      if (node.kind === 'null') return into
      reading.stands(key, node.at)
      if (node.kind !== 'object') {
        wrong(node, 'a map', key, reading)
        return into
      }
      const values: Record<string, unknown> = into
      for (const { key: written, at, value } of node.members) {
        const name = byFold.get(folded(written))
        const own = `${key === '' ? '' : `${key}.`}${name ?? written}`
        const shape = name === undefined ? undefined : fields[name]
        if (name === undefined || shape === undefined) reading.unknownKey(own, written, names, at)
        else values[name] = shape.decode(value, values[name], own, reading)
      }
      return values as T
    },
  }
}
