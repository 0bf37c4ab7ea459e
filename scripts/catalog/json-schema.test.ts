import { expect, test } from 'vitest'
import { z } from 'zod'
import { toJsonSchema, UnsupportedSchemaError } from './json-schema.ts'

test('keys of a map are kept where they are some that are known, or have a form; of any key nothing is said', () => {
  const known = z.partialRecord(z.enum(['count', 'lost']), z.enum(['off', 'act']))
  expect(toJsonSchema(known, 'modes')).toMatchObject({ propertyNames: { enum: ['count', 'lost'] } })
  expect(toJsonSchema(z.record(z.string().regex(/^[a-z]+$/), z.string()), 'labels')).toMatchObject({
    propertyNames: { pattern: '^[a-z]+$' },
  })
  expect(toJsonSchema(z.record(z.string(), z.string()), 'parameters')).not.toHaveProperty('propertyNames')
})

test('what the configuration does not know is refused with its name', () => {
  const strange = z.strictObject({ disks: z.array(z.string()).meta({ contains: 'x' }) })
  expect(() => toJsonSchema(strange, 'check')).toThrow(UnsupportedSchemaError)
  expect(() => toJsonSchema(strange, 'check')).toThrow(/^check\.disks uses "contains", which .* does not know/)
})
