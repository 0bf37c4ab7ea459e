import { expect, it } from 'vitest'
import { DOCUMENT_SCHEMA } from '../assemble.ts'
import { CATALOG } from '../catalog.ts'
import type { JsonSchema } from './json-schema.ts'
import { textWords } from './words.ts'

/** Every text of a schema, by its path; what a union is called it says itself. */
function textsOf(schema: JsonSchema, path: string): readonly (readonly [string, JsonSchema])[] {
  const { properties = {}, items, additionalProperties, propertyNames } = schema
  const isText = schema.pattern !== undefined && schema.duration === undefined && schema.enum === undefined
  return [
    ...(isText ? [[path, schema] as const] : []),
    ...Object.entries(properties).flatMap(([key, one]) => textsOf(one, `${path}.${key}`)),
    ...(items === undefined ? [] : textsOf(items, `${path}[]`)),
    ...(typeof additionalProperties === 'object' ? textsOf(additionalProperties, `${path}.*`) : []),
    ...(propertyNames === undefined ? [] : textsOf(propertyNames, `${path} (names)`)),
  ]
}

it('no error shows a regular expression: what a text must be is said in words', () => {
  const schemas = [['', DOCUMENT_SCHEMA] as const, ...CATALOG.checks.map(({ type, schema }) => [type, schema] as const)]
  const texts = schemas.flatMap(([path, schema]) => textsOf(schema, path))
  expect(texts.length).toBeGreaterThan(50)
  expect(texts.flatMap(([path, schema]) => (textWords(schema).includes('that matches') ? [path] : []))).toEqual([])
})
