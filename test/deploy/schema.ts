/** Holds an object against a schema as the API server does with strict field validation: unknown fields are faults. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The parts of OpenAPI that Kubernetes' schemas use. */
export interface Schema {
  readonly type?: string
  readonly format?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[]
}

export interface SchemaSet {
  /** "apps/v1 DaemonSet" → the name of its definition. */
  readonly kinds: Readonly<Record<string, string>>
  readonly definitions: Readonly<Record<string, Schema>>
}

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
}

/** @param name a file of test/deploy/fixtures/schemas, without its ending */
export function loadSchemas(name: string): SchemaSet {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/schemas', `${name}.json`), 'utf8')) as SchemaSet
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** A quantity may be written as a number too: the API server takes it as its text. */
const QUANTITY = /^[+-]?(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/

function boundFaults(schema: Schema, value: unknown, path: string): string[] {
  const faults: string[] = []
  if (schema.enum !== undefined && !schema.enum.includes(value))
    faults.push(`${path}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`)
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) faults.push(`${path}: ${value} < ${schema.minimum}`)
    if (schema.maximum !== undefined && value > schema.maximum) faults.push(`${path}: ${value} > ${schema.maximum}`)
  }
  if (typeof value === 'string' || Array.isArray(value)) {
    const least = Array.isArray(value) ? schema.minItems : schema.minLength
    const most = Array.isArray(value) ? schema.maxItems : schema.maxLength
    if (least !== undefined && value.length < least) faults.push(`${path}: ${value.length} are too few`)
    if (most !== undefined && value.length > most) faults.push(`${path}: ${value.length} are too many`)
  }
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    faults.push(`${path}: ${JSON.stringify(value)} does not match ${schema.pattern}`)
  return faults
}

function objectFaults(set: SchemaSet, schema: Schema, value: object, path: string): string[] {
  const { properties = {}, required = [], additionalProperties } = schema
  const free =
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    additionalProperties === true ||
    (schema.properties === undefined && additionalProperties === undefined)
  const missing = required.filter((key) => !(key in value)).map((key) => `${path}.${key}: is missing`)
  const wrong = Object.entries(value).flatMap(([key, child]) => {
    const known = properties[key]
    if (known !== undefined) return faults(set, known, child, `${path}.${key}`)
    if (typeof additionalProperties === 'object') return faults(set, additionalProperties, child, `${path}.${key}`)
    return free ? [] : [`${path}.${key}: unknown field`]
  })
  return [...missing, ...wrong]
}

function faults(set: SchemaSet, schema: Schema, value: unknown, path: string): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '')
    const target = set.definitions[name]
    if (target === undefined) return [`${path}: the schema lacks ${name}`]
    if (name.endsWith('.Quantity'))
      return QUANTITY.test(String(value)) ? [] : [`${path}: ${JSON.stringify(value)} is no quantity`]
    return faults(set, target, value, path)
  }
  const kind = kindOf(value)
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string')
    return kind === 'integer' || kind === 'string' ? [] : [`${path}: expected a whole number or a text, got ${kind}`]
  const isNumber = schema.type === 'number' && kind === 'integer'
  if (schema.type !== undefined && schema.type !== kind && !isNumber)
    return [`${path}: expected ${schema.type}, got ${kind}`]
  const bounds = boundFaults(schema, value, path)
  if (kind === 'object') return [...bounds, ...objectFaults(set, schema, value as object, path)]
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema
    return [...bounds, ...value.flatMap((item, index) => faults(set, items, item, `${path}[${index}]`))]
  }
  return bounds
}

/** @returns what is wrong, each with its path; none: the object is valid */
export function validate(sets: readonly SchemaSet[], manifest: Manifest): string[] {
  const name = `${manifest.apiVersion} ${manifest.kind}`
  const set = sets.find(({ kinds }) => name in kinds)
  const definition = set?.definitions[set.kinds[name] ?? '']
  if (set === undefined || definition === undefined) return [`${name}: no schema of that kind`]
  return faults(set, definition, manifest, manifest.kind)
}
