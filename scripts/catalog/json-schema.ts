/** zod → JSON Schema with our keywords, and nothing in it that the walker would not obey. */
import { z } from 'zod'
import { type JsonSchema, KEYWORDS } from '../../libs/config/walk/json-schema.ts'

/** A schema says something that libs/config/walk/walk.ts does not know. */
export class UnsupportedSchemaError extends Error {
  override readonly name = 'UnsupportedSchemaError'
  readonly code = 'SCHEMA_UNSUPPORTED'
}

/** What a person writes: input side, defaults not required. */
export function toJsonSchema(schema: z.ZodType, what: string): JsonSchema {
  const json = z.toJSONSchema(schema, { io: 'input' })
  return clean(json, what)
}

function clean(json: unknown, what: string): JsonSchema {
  if (typeof json !== 'object' || json === null) throw new UnsupportedSchemaError(`${what} is no schema`)
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    if (!KEYWORDS.includes(key)) {
      throw new UnsupportedSchemaError(
        `${what} uses "${key}", which libs/config/walk/walk.ts does not know; write it without, or teach it there`,
      )
    }
    if (key === '$schema' || (key === 'inherits' && value === false)) continue
    // Of any name nothing is to be said.
    if (key === 'propertyNames' && !['pattern', 'enum'].some((word) => word in (value as object))) continue
    if (key === 'properties') out[key] = mapValues(value, (property, name) => clean(property, `${what}.${name}`))
    else if (key === 'items' || key === 'propertyNames') out[key] = clean(value, `${what}[]`)
    else if (key === 'anyOf' && Array.isArray(value)) out[key] = value.map((one) => clean(one, what))
    else if (key === 'additionalProperties' && typeof value === 'object') out[key] = clean(value, `${what}.*`)
    else if (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) continue
    else if (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) continue
    else out[key] = value
  }
  return withOrder(out)
}

function mapValues(value: unknown, make: (item: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, make(item, key)]))
}

/** Pairs by name: `warningX` and `criticalX`, `xWarningY` and `xCriticalY`. A schema's own `order` goes before. */
function withOrder(schema: JsonSchema): JsonSchema {
  const { properties, order } = schema
  if (properties === undefined || order !== undefined) return schema
  const pairs = Object.keys(properties).flatMap((low) => {
    const high = low.replace(/^warning/, 'critical').replace('Warning', 'Critical')
    return high !== low && properties[high] !== undefined ? [[low, high]] : []
  })
  return pairs.length === 0 ? schema : { ...schema, order: pairs }
}

/** A schema as a process needs it: without what is only for people. */
export function withoutWords(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (WORDS.has(key) && typeof value === 'string' ? undefined : value)),
  ) as JsonSchema
}

const WORDS = new Set(['description', 'defaultText'])
