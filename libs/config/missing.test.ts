import { describe, expect, it } from 'vitest'
import { REMEDIES } from '#remedies'
import { SERVICES, type ServiceTable } from '#service-table'
import documentJson from './document.json' with { type: 'json' }
import { missingServices } from './missing.ts'
import { OWN_NAMES } from './parts.ts'
import { isSwitchedOn } from './switches.ts'
import { HEAD, parse } from './testing.ts'
import { readYaml } from './tree/read-yaml.ts'
import type { JsonSchema } from './walk/json-schema.ts'

const PLANNED: ServiceTable = {
  ...SERVICES,
  'mail-exporter': {
    ...SERVICES['http-exporter'],
    switches: ['exporters.mail.enabled', 'exporters.post.enabled'],
    standing: { built: false, what: 'the exporter of letters', reason: 'nobody has written it' },
  },
}

function treeOf(text: string) {
  return readYaml(text, 'config.yaml', 'config.yaml').tree
}

describe('services of the table', () => {
  it('are switched by booleans and lists that the document has', () => {
    for (const key of Object.values(SERVICES).flatMap(({ switches }): readonly string[] => switches)) {
      const at = key
        .split('.')
        .reduce<JsonSchema | undefined>((schema, step) => schema?.properties?.[step], documentJson)
      expect([key, at?.type]).toEqual([key, expect.toBeOneOf(['boolean', 'array'])])
    }
  })

  it('reserve their names, beside those of parts that are no service of a node', () => {
    expect(OWN_NAMES).toEqual(expect.arrayContaining(Object.keys(SERVICES)))
    expect(OWN_NAMES).toEqual(
      expect.arrayContaining(['bus', 'nats-server', 'up', 'cli', 'config-webhook', 'hub', 'shared']),
    )
  })

  it('are told as missing by the words of their row, at the line that switches them on', () => {
    const tree = treeOf('exporters:\n  post:\n    enabled: true\n')
    expect(missingServices({ exporters: { post: { enabled: true } } }, tree, PLANNED)).toEqual([
      {
        key: 'exporters.post',
        what: 'the exporter of letters',
        reason: 'nobody has written it',
        origin: { layer: 'file', text: 'config.yaml, line 3' },
      },
    ])
    expect(missingServices({ exporters: { post: { enabled: false } } }, tree, PLANNED)).toEqual([])
  })

  it('are not missing where nothing of this version asks for what is not built', () => {
    expect(
      parse(`${HEAD}exporters: { kubernetes: { enabled: true } }\nsettings: { kubeconfig: /k }\n`).missing,
    ).toEqual([])
  })

  it('are not missing where a monitor of this version is expected', () => {
    expect(parse(`${HEAD}detector:\n  expect: [system, gpu]\n`).missing).toEqual([])
  })

  it('name the switch of repairs where it is written, once for all that it asks for', () => {
    const standing = { built: false, what: 'who repairs', reason: 'nobody has written it' } as const
    const [repairs, acts] = [SERVICES.remediator, SERVICES['host-actions']]
    const planned = { ...SERVICES, remediator: { ...repairs, standing }, 'host-actions': { ...acts, standing } }
    const at = (text: string) =>
      missingServices({ remediation: { enabled: true } }, treeOf(text), planned).map(({ origin }) => origin.text)
    expect(at('remediation:\n  enabled: true\n')).toEqual(['config.yaml, line 2'])
    expect(at('settings:\n  enableRemediation: true\n')).toEqual(['config.yaml, line 2'])
  })

  it('are not missing where repairs are switched on, nor the strategies that are carried out', () => {
    const monitor = 'monitors: [{ name: l, type: system-cpu-check, remediation: { strategy: S } }]\n'
    const missing = (strategy: string) =>
      parse(`${HEAD}remediation: { enabled: true }\n${monitor.replace('S', strategy)}`).missing
    expect(missing('flush-dns')).toEqual([])
    for (const [name, { built }] of Object.entries(REMEDIES)) {
      if (built) continue
      expect(missing(name)).toMatchObject([
        { what: `repair "${name}" of check "l"`, reason: expect.stringContaining('does not carry it out') },
      ])
    }
  })
})

describe('a switch', () => {
  it('is on where its value is true, and off where there is none', () => {
    expect(isSwitchedOn({ a: { b: true } }, 'a.b')).toBe(true)
    expect(isSwitchedOn({ a: { b: 'true' } }, 'a.b')).toBe(false)
    expect(isSwitchedOn({ a: true }, 'a.b')).toBe(false)
    expect(isSwitchedOn({}, 'constructor.name')).toBe(false)
  })
})
