/** The JSON Schema that editors use: the whole document, with the keys of each check's type. */
import type { Catalog } from '../../libs/config/catalog.ts'
import type { JsonSchema } from '../../libs/config/walk/json-schema.ts'

type Json = Record<string, unknown>
type Properties = Readonly<Record<string, JsonSchema>>

/** A value may come from the environment; only its name can be checked then. */
const REFERENCE = { type: 'string', pattern: '\\$\\{[A-Za-z_]' }

const OURS = [
  'duration',
  'what',
  'sample',
  'whom',
  'aliases',
  'secret',
  'deferred',
  'order',
  'inherits',
  'nested',
  'unique',
  'place',
  'defaultText',
  'regexp',
  'groupsOf',
  'needs',
  'excludes',
  'idle',
]

export function editorSchema(document: JsonSchema, catalog: Catalog): Json {
  const schema = plain(document)
  const monitors = (schema['properties'] as Record<string, Json>)['monitors']
  const items = monitors?.['items'] as Json
  const types = [...catalog.checks.flatMap(({ type, aliases }) => [type, ...aliases])].sort()
  const properties = items['properties'] as Record<string, Json>
  properties['type'] = { ...properties['type'], examples: types }
  items['allOf'] = catalog.checks.map(({ type, aliases, schema: keys }) => ({
    if: { properties: { type: { enum: [type, ...aliases] } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { config: plain(keys) } },
  }))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://node-doctor.io/schema/v1alpha1/node-doctor-config.schema.json',
    title: 'NodeDoctorConfig',
    description: 'Configuration of Node Doctor. Rules between several keys are checked by `node-doctor validate`.',
    ...schema,
  }
}

function withoutOurs(schema: JsonSchema): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !OURS.includes(key)))
}

function plain(schema: JsonSchema): Json {
  const out = withoutOurs(schema)
  if (schema.propertyNames !== undefined) out['propertyNames'] = withoutOurs(schema.propertyNames)
  if (schema.properties !== undefined) {
    out['properties'] = withAliases(withItems(schema, schema.properties))
    Object.assign(out, requiredOf(schema, schema.properties))
  }
  if (schema.items !== undefined) out['items'] = plain(schema.items)
  if (typeof schema.additionalProperties === 'object') {
    // Numbers and booleans are taken as they are written.
    const rest = plain(schema.additionalProperties)
    out['additionalProperties'] = rest['type'] === 'string' ? { type: ['string', 'number', 'boolean'] } : rest
  }
  return takesReference(schema) ? orReference(out) : out
}

/** Items of a list that have the keys of what encloses it are spelled out once; what is nested deeper is not looked at. */
function withItems(schema: JsonSchema, properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]): [string, JsonSchema] => {
      if (property.nested !== true) return [name, property]
      const inner = { ...properties, [name]: { ...property, nested: false, items: {} } }
      return [name, { ...property, nested: false, items: { ...schema, properties: inner } }]
    }),
  )
}

/** A key by all of its names. */
function withAliases(properties: Properties): Record<string, Json> {
  const entries = Object.entries(properties).flatMap(([name, property]) => {
    const json = plain(property)
    const others = (property.aliases ?? []).map(
      (alias) => [alias, { ...json, deprecated: true, description: `The same as ${name}` }] as const,
    )
    return [[name, json] as const, ...others]
  })
  return Object.fromEntries(entries)
}

/** A required key with several names is required by one of them. */
function requiredOf({ required = [] }: JsonSchema, properties: Properties): Json {
  const plainOnes = required.filter((name) => properties[name]?.aliases === undefined)
  const named = required.filter((name) => properties[name]?.aliases !== undefined)
  const allOf = named.map((name) => ({
    anyOf: [name, ...(properties[name]?.aliases ?? [])].map((one) => ({ required: [one] })),
  }))
  return { ...(required.length > 0 ? { required: plainOnes } : {}), ...(allOf.length > 0 ? { allOf } : {}) }
}

function takesReference({ type, enum: words, pattern, anyOf }: JsonSchema): boolean {
  return (
    words !== undefined ||
    pattern !== undefined ||
    anyOf !== undefined ||
    ['integer', 'number', 'boolean'].includes(String(type))
  )
}

function orReference(json: Json): Json {
  const { description, default: standard, examples, ...rest } = json
  const words = Object.fromEntries(
    Object.entries({ description, default: standard, examples }).filter(([, value]) => value !== undefined),
  )
  return { ...words, anyOf: [rest, REFERENCE] }
}
