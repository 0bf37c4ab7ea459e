import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DOCUMENT_SCHEMA } from '../../libs/config/assemble.ts'
import { ConfigErrors } from '../../libs/config/errors.ts'
import { parse } from '../../libs/config/testing.ts'
import { documentOf } from '../../libs/config/testing-documents.ts'

/** How many documents: a million takes about half an hour on a quiet machine. */
const DOCUMENTS = Number(process.env['NODE_DOCTOR_SOAK_DOCUMENTS'] ?? 1_000_000)

function read(text: string): void {
  try {
    parse(text)
  } catch (err) {
    if (!(err instanceof ConfigErrors)) throw err
    expect(err.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  }
}

describe('a million configurations', () => {
  it(
    'are each valid, or refused in words',
    () => {
      const documents = documentOf(DOCUMENT_SCHEMA, 12, true).map((value) => stringify(value))
      // Texts that were right once: something is taken out, and something else put in its place.
      const spoiled = fc
        .tuple(documents, fc.nat(), fc.nat({ max: 20 }), fc.string({ unit: 'binary', maxLength: 6 }))
        .map(([text, at, length, other]) => {
          const from = at % (text.length + 1)
          return text.slice(0, from) + other + text.slice(from + length)
        })
      fc.assert(fc.property(fc.oneof(documents, spoiled), read), { numRuns: DOCUMENTS, endOnFailure: true })
    },
    3 * 3_600_000,
  )
})
