import { describe, expect, expectTypeOf, it } from 'vitest'
import documentJson from './document.json' with { type: 'json' }
import { inForce } from './in-force.ts'
import { parseConfig } from './load.ts'
import { HEAD, ROOT_SERVER, set } from './testing.ts'
import type { MonitorEntry, NodeDoctorConfig, PluginEntry, RemediationEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'

const DURATION: JsonSchema = { type: 'string', duration: { minMs: 1000, maxMs: 3_600_000 }, default: '30s' }

/** Objects of a schema, with where they are. */
function objectsOf(
  schema: JsonSchema,
  path: string,
): { path: string; properties: Readonly<Record<string, JsonSchema>> }[] {
  const { properties = {}, items, additionalProperties } = schema
  const inner = Object.entries(properties).flatMap(([key, own]) => objectsOf(own, `${path}.${key}`))
  const rest = typeof additionalProperties === 'object' ? objectsOf(additionalProperties, `${path}.*`) : []
  return [{ path, properties }, ...inner, ...(items === undefined ? [] : objectsOf(items, `${path}[]`)), ...rest]
}

/** The document's schema with one key more, below a section that is there: as `make generate` makes it of a new line. */
function withKey(section: readonly string[], key: string, schema: JsonSchema): JsonSchema {
  function put(into: JsonSchema, [step, ...steps]: readonly string[]): JsonSchema {
    const [name, value] = step === undefined ? [key, schema] : [step, put(into.properties?.[step] ?? {}, steps)]
    return { ...into, properties: { ...into.properties, [name]: value } }
  }
  return put(documentJson, section)
}

function parseWith(schema: JsonSchema, text: string, flags: string[] = [], env: Record<string, string> = {}) {
  const options = { flags: flags.map(set), env, surroundings: ROOT_SERVER, schema }
  return parseConfig(HEAD + text, 'config.yaml', options)
}

describe('a value in force', () => {
  it('has the document’s names, but for durations, which say their unit', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        wait: DURATION,
        port: { type: 'integer' },
        list: { type: 'array', items: { type: 'object', properties: { wait: DURATION } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { wait: DURATION } } },
      },
    }
    const value = { wait: 5, port: 1, list: [{ wait: 6 }], map: { wait: { wait: 7 } } }
    expect(inForce(schema, value)).toEqual({
      waitMs: 5,
      port: 1,
      list: [{ waitMs: 6 }],
      map: { wait: { waitMs: 7 } },
    })
  })

  it('is taken as it is where no schema speaks of it', () => {
    const value = { a: [1, { b: undefined }], __proto__x: 'x' }
    expect(inForce({}, value)).toEqual(value)
    expect(inForce({ type: 'object', properties: { wait: DURATION } }, undefined)).toBe(undefined)
  })

  it('never has two keys of one name', () => {
    for (const { path, properties } of objectsOf(documentJson, 'document')) {
      const names = Object.entries(properties).map(([key, { duration }]) => (duration === undefined ? key : `${key}Ms`))
      expect([path, new Set(names).size]).toEqual([path, names.length])
    }
  })
})

describe('a key that the schema has more', () => {
  const schema = withKey(['exporters', 'http'], 'idleTimeout', DURATION)

  it('arrives by its default, from a file, the environment and a flag, without a line anywhere else', () => {
    const idle = (...rest: [string?, string[]?, Record<string, string>?]) => {
      const [text = '', flags, env] = rest
      return parseWith(schema, text, flags, env).exporters.http as unknown as { idleTimeoutMs?: number }
    }
    expect(idle().idleTimeoutMs).toBe(30_000)
    expect(idle('exporters: { http: { idleTimeout: 2m } }\n').idleTimeoutMs).toBe(120_000)
    expect(idle('', ['exporters.http.idleTimeout=3m']).idleTimeoutMs).toBe(180_000)
    expect(idle('', [], { NODE_DOCTOR_SET__exporters__http__idleTimeout: '4m' }).idleTimeoutMs).toBe(240_000)
    expect(idle()).not.toHaveProperty('idleTimeout')
  })

  it('is refused and told like any other', () => {
    const text = 'exporters: { http: { idleTimeout: 2h } }\n'
    expect(() => parseWith(schema, text)).toThrow(
      'config.yaml:5:22: exporters.http.idleTimeout: "2h" is too long; expected a duration from "1s" to "1h"',
    )
    const { set: written } = parseWith(schema, 'exporters: { http: { idleTimeout: 2m } }\n').settingsInForce
    expect(written.at(-1)).toEqual({
      key: 'exporters.http.idleTimeout',
      value: '2m',
      origin: { layer: 'file', text: 'config.yaml, line 5' },
    })
  })

  it('arrives in a list, in a section of its own and at the top', () => {
    const section: JsonSchema = {
      type: 'object',
      default: {},
      properties: { every: DURATION },
      additionalProperties: false,
    }
    const all = [
      parseWith(withKey(['exporters'], 'file', section), 'exporters: { file: { every: 5s } }\n').exporters,
      parseWith(withKey([], 'fleet', section), 'fleet: { every: 6s }\n'),
    ]
    expect(all[0]).toMatchObject({ file: { everyMs: 5000 }, http: { enabled: true } })
    expect(all[1]).toMatchObject({ fleet: { everyMs: 6000 } })
    const list = documentJson.properties.plugins
    const plugin: JsonSchema = {
      ...list,
      items: { ...list.items, properties: { ...list.items.properties, patience: DURATION } },
    }
    const text = 'plugins: [{ name: gpu, socketAddress: /run/gpu.sock, patience: 7s }]\n'
    expect(parseWith(withKey([], 'plugins', plugin), text).plugins).toMatchObject([{ name: 'gpu', patienceMs: 7000 }])
  })
})

it('has types that say the same', () => {
  expectTypeOf<NodeDoctorConfig['detector']['lostAfterMs']>().toEqualTypeOf<number>()
  expectTypeOf<NodeDoctorConfig['settings']['nodeName']>().toEqualTypeOf<string>()
  expectTypeOf<NodeDoctorConfig['settings']['kubeconfig']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<NodeDoctorConfig['exporters']['http']['tlsCertFile']>().toEqualTypeOf<string>()
  expectTypeOf<NodeDoctorConfig['exporters']['kubernetes']['events']['minSeverity']>().toEqualTypeOf<
    'info' | 'warning' | 'error' | 'critical'
  >()
  expectTypeOf<MonitorEntry['intervalMs']>().toEqualTypeOf<number>()
  expectTypeOf<RemediationEntry['cooldownMs']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<RemediationEntry['strategies']>().toEqualTypeOf<readonly RemediationEntry[]>()
  expectTypeOf<PluginEntry['conditions'][number]['polarity']>().toEqualTypeOf<'true-is-problem' | 'true-is-healthy'>()
  expectTypeOf<NodeDoctorConfig['detector']>().not.toHaveProperty('lostAfter')
})
