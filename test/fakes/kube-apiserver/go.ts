/** Values in the words of Go, in which the real server prints them. */
import { isObject, type Json } from './json.ts'

/** As `%v`: map[a:1 b:[x y]], keys sorted. */
export function printed(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`
  if (!isObject(value)) return String(value)
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${key}:${printed(value[key])}`)
  return `map[${parts.join(' ')}]`
}

/** What encoding/json calls a JSON value. */
export function jsonKind(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number')
    return `number${Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? '' : ` ${value}`}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** What reflection calls the value of a decoded JSON value. */
export function goKind(value: Json): string {
  if (Array.isArray(value)) return 'slice'
  if (isObject(value)) return 'map'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

const FORM_SECONDS = '2006-01-02T15:04:05Z07:00'
const FORM_MICROS = '2006-01-02T15:04:05.000000Z07:00'
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d/, '05'],
]

/** A time as the server keeps it (UTC; whole seconds, or microseconds), or what it says of the text. */
export function parseTime(text: string, micro: boolean): { readonly value: string } | { readonly error: string } {
  const form = micro ? FORM_MICROS : FORM_SECONDS
  const match = TIME.exec(text)
  const at = Date.parse(text)
  if (match === null || Number.isNaN(at) || (micro && match[2]?.length !== 7)) {
    return { error: `parsing time "${text}" as "${form}": ${why(text, micro)}` }
  }
  const whole = new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)
  return { value: micro ? `${whole}${match[2]}Z` : `${whole}Z` }
}

function why(text: string, micro: boolean): string {
  let rest = text
  const parts = micro ? [...PARTS, [/^\.\d{6}/, '.000000'] as const] : PARTS
  for (const [form, name] of [...parts, [/^(Z|[+-]\d\d:\d\d)$/, 'Z07:00'] as const]) {
    if (!micro && name === 'Z07:00') rest = rest.replace(/^\.\d+/, '')
    const match = form.exec(rest)
    if (match === null) return `cannot parse "${rest}" as "${name}"`
    rest = rest.slice(match[0].length)
  }
  return 'day out of range'
}
