/** One reason of a 422, by its kind. */
import type { Json } from '../json.ts'
import type { Cause } from '../status.ts'

export function invalidValue(field: string, value: Json, why: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` }
}

export function required(field: string, why = ''): Cause {
  return { reason: 'FieldValueRequired', field, message: `Required value${why === '' ? '' : `: ${why}`}` }
}

export function unsupported(field: string, value: Json, supported: readonly string[]): Cause {
  const known = supported.map((one) => JSON.stringify(one)).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${known}`,
  }
}

export function duplicate(field: string, value: Json, why = ''): Cause {
  return {
    reason: 'FieldValueDuplicate',
    field,
    message: `Duplicate value: ${JSON.stringify(value)}${why === '' ? '' : `: ${why}`}`,
  }
}

export function tooMany(field: string, count: number, max: number): Cause {
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${max} items` }
}

export function tooLongBytes(field: string, max: number): Cause {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${max} bytes` }
}

export function forbiddenField(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }
}
