/** The sentences of errors: what stands there, what is expected. */
import { renderDuration } from '../duration.ts'
import { quotedList } from '../nearest.ts'
import { cut, HIDDEN, shownText } from '../secrets.ts'
import type { Tree } from '../tree/tree.ts'
import type { DurationRange, JsonSchema } from './json-schema.ts'

/** A value as an error quotes it: `"30"`, `85`, `true`, `a list`. */
export function quoted(node: Tree, key: string, schema?: JsonSchema): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map'
  const text = cut(shownText(key, node, schema), 80)
  if (text === HIDDEN) return text
  if (node.value === null) return 'nothing'
  return typeof node.value === 'string' ? `"${text}"` : text
}

function rangeWords(schema: JsonSchema, one: string): string {
  const low = schema.minimum ?? schema.exclusiveMinimum
  const high = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? schema.maximum : undefined
  if (low !== undefined && low > Number.MIN_SAFE_INTEGER && high !== undefined) return `${one} from ${low} to ${high}`
  if (low !== undefined && low > Number.MIN_SAFE_INTEGER) return `${one} from ${low} on`
  return high === undefined ? one : `${one} up to ${high}`
}

/** What a number must be: "a whole number from 1 to 65535". */
export function numberWords(schema: JsonSchema): string {
  return rangeWords(schema, schema.type === 'integer' ? 'a whole number' : 'a number')
}

/** `a duration from "1s" to "24h"`. */
export function durationWords({ minMs, maxMs, nanoseconds }: DurationRange): string {
  const range = `a duration from "${renderDuration(minMs)}" to "${renderDuration(maxMs)}"`
  return nanoseconds === true ? `${range}, or nanoseconds as a whole number` : range
}

/** Regular expressions that need no explaining in a schema. */
const PATTERN_WORDS: Readonly<Record<string, string>> = {
  '^\\/': 'an absolute path',
  '^$|^\\/': 'an absolute path, or ""',
}

/** What a text must be: "an absolute path", "a text of at most 15 characters". */
export function textWords(schema: JsonSchema): string {
  if (schema.what !== undefined) return schema.what
  if (schema.pattern !== undefined) return PATTERN_WORDS[schema.pattern] ?? `a text that matches ${schema.pattern}`
  const { minLength = 0, maxLength } = schema
  if (maxLength !== undefined)
    return `a text of ${minLength > 0 ? `${minLength} to` : 'at most'} ${maxLength} characters`
  return minLength > 0 ? 'a text that is not empty' : 'a text'
}

/** What is expected of a value of this schema, for "missing; expected …". */
export function expectedWords(schema: JsonSchema): string {
  if (schema.duration !== undefined) return durationWords(schema.duration)
  if (schema.enum !== undefined) return wordsOf(schema.enum)
  if (schema.type === 'object') return mapWords(schema)
  if (schema.type === 'array') return 'a list'
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'integer' || schema.type === 'number') return numberWords(schema)
  return textWords(schema) + sampleWords(schema)
}

/** `one of "debug", "info"`; a single word stands alone. */
export function wordsOf(words: readonly unknown[]): string {
  return (words.length === 1 ? '' : 'one of ') + quotedList(words.map(String))
}

/** A map, with the keys that it must or may have. */
export function mapWords({ properties, required = [] }: JsonSchema): string {
  if (properties === undefined) return 'a map of keys and values'
  if (required.length > 0) return `a map with ${quotedList(required)}`
  return `a map with keys such as ${quotedList(Object.keys(properties).slice(0, 4))}`
}

/** ` such as "/var/run/npd"`, or nothing. */
export function sampleWords({ sample }: JsonSchema): string {
  return sample === undefined ? '' : ` such as "${sample}"`
}

/** A pattern that says the characters of a name one by one: `^[A-Za-z][A-Za-z0-9]{0,62}$`. */
const CHARACTERS = /^\^\[([^\]]+)\]\[([^\]]+)\](?:\*|\{0,(\d{1,4})\})\$$/

/** Which character keeps a text from being the name that the schema wants: `: "_" may not stand in it`. Nothing where it is not one. */
export function strangerWords({ pattern = '' }: JsonSchema, text: string): string {
  const [, first, rest, more] = CHARACTERS.exec(pattern) ?? []
  if (first === undefined || rest === undefined) return ''
  const [head, ...tail] = text
  if (head === undefined) return ': it is empty'
  if (!new RegExp(`^[${first}]$`, 'u').test(head)) return `: it may not begin with "${cut(head, 80)}"`
  const stranger = tail.find((one) => !new RegExp(`^[${rest}]$`, 'u').test(one))
  if (stranger !== undefined) return `: "${cut(stranger, 80)}" may not stand in it`
  return more === undefined ? '' : `: it is longer than ${Number(more) + 1} characters`
}
