/** Every key of a schema as a table: type, default, range, meaning. */
import { renderDuration } from '../../libs/config/duration.ts'
import type { JsonSchema } from '../../libs/config/walk/json-schema.ts'
import { code, table } from './markdown.ts'

interface Key {
  readonly path: string
  readonly schema: JsonSchema
  readonly required: boolean
}

/** @param prefix of every key: "settings." */
export function keysTable(schema: JsonSchema, prefix = ''): string {
  const rows = leaves(schema, prefix).map(({ path, schema: leaf, required }) => [
    code(path),
    typeOf(leaf),
    required ? '**required**' : defaultOf(leaf),
    rangeOf(leaf),
    meaningOf(leaf),
  ])
  return table(['Key', 'Type', 'Default', 'Range', 'Meaning'], rows)
}

function leaves(schema: JsonSchema, prefix: string): Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = { path: prefix + name, schema: property, required: schema.required?.includes(name) === true }
    if (property.properties !== undefined) return leaves(property, `${prefix}${name}.`)
    if (property.items?.properties === undefined) return [key]
    return [key, ...leaves(property.items, `${prefix}${name}[].`)]
  })
}

function typeOf(schema: JsonSchema): string {
  if (schema.duration !== undefined) return 'duration'
  if (schema.type === 'array')
    return schema.items?.properties === undefined ? `list of ${plural(schema.items)}` : 'list'
  if (schema.type === 'object') return 'map'
  if (schema.anyOf !== undefined || schema.enum !== undefined) return 'text'
  return { string: 'text', integer: 'whole number', number: 'number', boolean: 'boolean' }[String(schema.type)] ?? 'any'
}

function plural(items: JsonSchema | undefined): string {
  return items?.type === 'string' ? 'texts' : 'values'
}

function defaultOf(schema: JsonSchema): string {
  if (schema.defaultText !== undefined) return schema.defaultText
  if (schema.default === undefined) return ''
  if (schema.default === '') return 'empty'
  const text = typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)
  return text === '[]' || text === '{}' ? 'none' : code(text)
}

function rangeOf(schema: JsonSchema): string {
  if (schema.duration !== undefined) {
    const range = `${code(renderDuration(schema.duration.minMs))} to ${code(renderDuration(schema.duration.maxMs))}`
    return schema.duration.nanoseconds === true ? `${range}, or nanoseconds` : range
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ')
  const low = schema.minimum ?? schema.exclusiveMinimum
  if (low !== undefined && schema.maximum !== undefined) return `${low} to ${schema.maximum}`
  if (low !== undefined) return `from ${low}`
  if (schema.what !== undefined) return schema.what
  if (schema.maxItems !== undefined) return `at most ${schema.maxItems}`
  return schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`
}

function meaningOf({ description = '', aliases = [], inherits }: JsonSchema): string {
  const others = aliases.length === 0 ? '' : ` (also written ${aliases.map(code).join(', ')})`
  return description + others + (inherits === true ? '. Not written: the check’s own' : '')
}
