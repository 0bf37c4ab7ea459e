import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DOCUMENT_SCHEMA } from '../../libs/config/assemble.ts'
import { ConfigErrors } from '../../libs/config/errors.ts'
import { parse } from '../../libs/config/testing.ts'
import { documentOf } from '../../libs/config/testing-documents.ts'

/** How many documents: a million takes about half an hour on a quiet machine. */
const DOCUMENTS = Number(process.env['NODE_DOCTOR_SOAK_DOCUMENTS'] ?? 1_000_000)
/** Of the processor, for a document of a few KiB; a collection may fall into it. */
const MS_MAX = 250
const UNCLEAN = /[\u0000-\u0009\u000b-\u001f\u202e]/

const EXAMPLES_DIR = new URL('../../deploy/examples/', import.meta.url)
const EXAMPLES = readdirSync(EXAMPLES_DIR).map((file) => readFileSync(new URL(file, EXAMPLES_DIR), 'utf8'))
const HEAD = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'x' } }
const SECTIONS = Object.keys(DOCUMENT_SCHEMA.properties ?? {}).filter((key) => !(key in HEAD))

/** @returns whether it is valid */
function isValid(text: string): boolean {
  try {
    parse(text)
    return true
  } catch (err) {
    if (!(err instanceof ConfigErrors)) throw err
    if (UNCLEAN.test(err.message)) throw new Error(`not clean: ${JSON.stringify(err.message)}`, { cause: err })
    return false
  }
}

function read(text: string): boolean {
  const beganMs = performance.now()
  const valid = isValid(text)
  // Once more by the processor's clock: the machine may have other work.
  if (performance.now() - beganMs > MS_MAX) {
    const before = process.cpuUsage()
    isValid(text)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(MS_MAX)
  }
  return valid
}

/** Whole ones, and those of a head and one section, which are not refused for something else first. */
function values(): fc.Arbitrary<unknown> {
  const whole = fc.oneof(...[12, 100].map((wrong) => documentOf(DOCUMENT_SCHEMA, wrong, true)))
  const of = (key: string, wrong: number) =>
    documentOf(DOCUMENT_SCHEMA.properties?.[key] ?? {}, wrong, wrong > 0).map((value) => ({ ...HEAD, [key]: value }))
  const parts = SECTIONS.flatMap((key) => [0, 12, 100].map((wrong) => of(key, wrong)))
  return fc.oneof(whole, fc.oneof(...parts))
}

function texts(): fc.Arbitrary<string> {
  // JSON is YAML too; what is no JSON (undefined) is YAML.
  const written = fc
    .tuple(values(), fc.boolean())
    .map(([value, json]) => (json ? JSON.stringify(value) : undefined) ?? stringify(value))
  // Texts that were right once: something is taken out, and something else put in its place.
  const spoiled = fc
    .tuple(
      fc.oneof(written, fc.constantFrom(...EXAMPLES)),
      fc.nat(),
      fc.nat({ max: 20 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    .map(([text, at, length, other]) => {
      const from = at % (text.length + 1)
      return text.slice(0, from) + other + text.slice(from + length)
    })
  return fc.oneof(written, spoiled)
}

describe('a million configurations', () => {
  it(
    'are each valid, or refused in words',
    () => {
      let valid = 0
      const one = fc.property(texts(), (text) => {
        if (read(text)) valid++
      })
      fc.assert(one, { numRuns: DOCUMENTS, endOnFailure: true })
      process.stdout.write(`${DOCUMENTS} documents, ${valid} of them valid\n`)
      expect(valid, 'valid ones are among them').toBeGreaterThan(DOCUMENTS / 100)
    },
    3 * 3_600_000,
  )
})
