import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ConfigErrors } from '../../errors.ts'
import { loadConfig, parseConfig } from '../../load.ts'
import { HEAD, ROOT_SERVER } from '../../testing.ts'
import type { NodeDoctorConfig } from '../../types.ts'
import { readGo } from './read.ts'
import { SECTIONS, TYPE_SECTIONS, TYPES } from './tables.ts'

const AROUND = { flags: [], env: { NODE_NAME: 'worker-1' }, surroundings: ROOT_SERVER }
const FOLDERS = [join(import.meta.dirname, 'fixtures'), join(import.meta.dirname, '../../../../deploy/examples')]
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
)

/** Read as ours alone: undefined where that is refused, or has a check that nobody serves, so that the table is asked. */
function asOurs(text: string): NodeDoctorConfig | undefined {
  try {
    const config = parseConfig(text, 'config.yaml', AROUND)
    return config.monitors.every(({ monitor }) => monitor !== '') ? config : undefined
  } catch (err) {
    if (err instanceof ConfigErrors) return undefined
    throw err
  }
}

/** Without what is said of another name of a key, which both say in their own way. */
function effectOf({ notes = [], ...config }: NodeDoctorConfig): unknown {
  return { ...config, notes: notes.filter(({ text }) => !text.includes(' is read as ')) }
}

const examples = [...SECTIONS, ...TYPE_SECTIONS].flatMap(({ types, rows }) =>
  rows.map(({ key, example }) => ({ type: types?.[0], key, value: example[0] })),
)

/** A few rows' examples together: of one check, or of the document. */
const documents = fc.array(fc.constantFrom(...examples), { minLength: 1, maxLength: 3 }).map((some) => {
  const put = (into: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: unknown): unknown => {
    const name = step.replace(/\[\]$/, '')
    const inner = rest.length === 0 ? value : put((into[name] ?? {}) as Record<string, unknown>, rest, value)
    return { ...into, [name]: step.endsWith('[]') ? [inner] : inner }
  }
  const type = some.find((one) => one.type !== undefined)?.type ?? TYPES[0]?.type
  const config = some
    .filter((one) => one.type === type)
    .reduce<unknown>((map, { key, value }) => put(map as never, key.split('.'), value), {})
  const rest = some.filter(
    (one) =>
      one.type === undefined && !one.key.startsWith('monitors') && !/^(?:apiVersion|kind|metadata)/.test(one.key),
  )
  return rest.reduce<unknown>((map, { key, value }) => put(map as never, key.split('.'), value), {
    monitors: [{ name: 'one', type, config }],
  })
})

describe('the table', () => {
  it('is asked only where a file is not ours as it stands, and would change nothing elsewhere', () => {
    let ours = 0
    fc.assert(
      fc.property(documents, (document) => {
        const text = HEAD + stringify(document)
        const config = asOurs(text)
        if (config === undefined) return
        ours++
        expect(effectOf(parseConfig(text, 'config.yaml', { ...AROUND, dialect: readGo }))).toEqual(effectOf(config))
      }),
      { numRuns: 200 },
    )
    expect(ours).toBeGreaterThan(10)
  })

  it.each(FILES)('is asked by who loads a file, where that is needed: %s', async (file) => {
    const text = readFileSync(file, 'utf8')
    const loaded = await loadConfig({ ...AROUND, file })
    expect(effectOf(loaded)).toEqual(effectOf(parseConfig(text, file, { ...AROUND, dialect: readGo })))
  })
})
