import { expect, it } from 'vitest'
import { CATALOG, type Catalog, type CatalogCheck } from '../catalog.ts'
import { faultsOf, parse } from '../testing.ts'
import { monitors } from '../testing-texts.ts'

/** A check whose key is one of three words, two of which are no texts. */
const ASKED: CatalogCheck = {
  type: 'asked',
  aliases: [],
  monitor: 'system',
  description: '',
  intervalMs: 30_000,
  timeoutMs: 5000,
  schema: {
    type: 'object',
    properties: { expected: { default: 'as-before', enum: ['as-before', true, false] } },
    additionalProperties: false,
  },
  conditions: [],
  events: [],
  metrics: [],
}
const catalog: Catalog = { ...CATALOG, checks: [...CATALOG.checks, ASKED] }

const keyOf = (written: string) => monitors(`  - name: v6\n    type: asked\n    config: { expected: ${written} }\n`)

it('takes true and false as they are where they are words of a set, beside its texts', () => {
  const values = ['true', 'false', 'as-before'].map((written) => {
    const { config } = parse(keyOf(written), { catalog }).monitors[0] as { config?: { expected?: unknown } }
    return config?.expected
  })
  expect(values).toEqual([true, false, 'as-before'])
})

it('says of another word, and of a word in quotes that is none, what is expected', () => {
  const at = 'config.yaml:8:15: monitors[0].config.expected'
  const words = 'expected one of "as-before", "true", "false"'
  const faults = (written: string) => faultsOf(keyOf(written), { catalog })
  expect(faults('sometimes')).toEqual([`${at}: "sometimes" is not valid; ${words}`])
  expect(faults('"true"')).toEqual([`${at}: "true" is not valid; ${words}, without quotes`])
  expect(faults('7')).toEqual([`${at}: 7 is not valid; ${words}`])
})
