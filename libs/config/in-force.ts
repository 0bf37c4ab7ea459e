/**
 * The one rule by which a document becomes the configuration in force: a duration `x` is called `xMs` and is whole
 * milliseconds; every other key keeps its name. So a new key is a line of the schema, and whoever reads it.
 */
import type { JsonSchema } from './walk/json-schema.ts'

declare const MILLISECONDS: unique symbol

/** What a duration of the schema is once it is read: whole milliseconds, told apart from numbers of other units. */
export type DurationMs = number & { readonly [MILLISECONDS]: true }

type NameInForce<Key, Value> = [NonNullable<Value>] extends [DurationMs] ? `${Key & string}Ms` : Key

/** A value of the document, as it is in force. */
export type InForce<T> = T extends DurationMs
  ? number
  : T extends readonly (infer Item)[]
    ? readonly InForce<Item>[]
    : T extends object
      ? { readonly [Key in keyof T as NameInForce<Key, T[Key]>]: InForce<T[Key]> }
      : T

/** `T` with these keys always there: where nobody writes them, another key or the surroundings say what holds. */
export type Filled<T, Keys extends keyof T> = {
  readonly [Key in keyof T as Key extends Keys ? never : Key]: T[Key]
} & { readonly [Key in Keys]-?: NonNullable<T[Key]> }

type Values = Readonly<Record<string, unknown>>

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapInForce(schema: JsonSchema, value: Values): Values {
  const { properties, additionalProperties } = schema
  const rest = typeof additionalProperties === 'object' ? additionalProperties : {}
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const own = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
      const inner = own?.nested === true ? { ...own, items: schema } : (own ?? rest)
      return [own?.duration === undefined ? key : `${key}Ms`, renamed(inner, item)]
    }),
  )
}

function renamed(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(schema.items ?? {}, item))
  return isMap(value) ? mapInForce(schema, value) : value
}

/** @param value what the walker made of a tree by this schema: durations are milliseconds already */
export function inForce<T>(schema: JsonSchema, value: T): InForce<T> {
  return renamed(schema, value) as InForce<T>
}
