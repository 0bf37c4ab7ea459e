/** Documents made of the table's own examples. */
import fc from 'fast-check'
import { SECTIONS, TYPE_SECTIONS } from './tables.ts'
import type { Row } from './types.ts'

type Plain = Readonly<Record<string, unknown>>

/** Keys without which there is no check of a type. */
export const NEEDED: Readonly<Record<string, Plain>> = {
  'custom-plugin': { pluginPath: '/opt/check.sh' },
  'custom-plugin-check': { pluginPath: '/opt/check.sh' },
  'http-health-check': { url: 'https://a' },
  'network-connectivity-check': { endpoints: [{ url: 'https://a' }] },
}

/** A value put at a key into a map, `[]` behind what is a list: into its first item. */
function put(into: Plain, [step = '', ...rest]: readonly string[], value: unknown): Plain {
  const name = step.replace(/\[\]$/, '')
  const list = Array.isArray(into[name]) ? (into[name] as readonly unknown[]) : []
  const before = step.endsWith('[]') ? list[0] : into[name]
  const map = typeof before === 'object' && before !== null ? (before as Plain) : {}
  const inner = rest.length === 0 ? value : put(map, rest, value)
  return { ...into, [name]: step.endsWith('[]') ? [inner] : inner }
}

function filled(begin: Plain, rows: readonly Row[]): Plain {
  return rows.reduce((map, { key, example }) => put(map, key.split('.'), example[0]), begin)
}

const MONITOR = fc.constantFrom(...TYPE_SECTIONS).chain(({ types = [], rows }) =>
  fc.record({
    type: fc.constantFrom(...types),
    rows: fc.array(fc.constantFrom(...rows), { maxLength: 4 }),
  }),
)

const TOP = SECTIONS.flatMap(({ rows }) => rows).filter(
  ({ key }) => !/^(?:monitors|apiVersion|kind|metadata)/.test(key),
)

/** A few checks, each with a few keys, and a few keys of the rest; some of them contradict one another. */
export const anyDocument = fc
  .record({
    monitors: fc.array(MONITOR, { maxLength: 3 }),
    rows: fc.array(fc.constantFrom(...TOP), { maxLength: 4 }),
  })
  .map(({ monitors, rows }) => ({
    ...filled({}, rows),
    monitors: monitors.map((one, index) => ({
      name: `m${index}`,
      type: one.type,
      config: filled(NEEDED[one.type] ?? {}, one.rows),
    })),
  }))
