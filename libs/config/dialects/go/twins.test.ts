import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CATALOG, checkOf } from '../../catalog.ts'
import { faultsOf, HEAD, parse } from '../../testing.ts'
import { TYPES } from './tables.ts'
import { MAY_BE_SEVERAL } from './twins.ts'

interface Entry {
  readonly name: string
  readonly type: string
  readonly [key: string]: unknown
}

function documentOf(...monitors: readonly Entry[]): string {
  return HEAD + stringify({ defaultMonitors: [], monitors })
}

function read(...monitors: readonly Entry[]) {
  const config = parse(documentOf(...monitors))
  return {
    monitors: config.monitors.map(({ name, config: keys }) => [name, keys] as const),
    dependsOn: Object.fromEntries(config.monitors.map(({ name, dependsOn }) => [name, dependsOn])),
    told: (config.notes ?? [])
      .filter(({ text }) => /one check|is not asked|are not asked/.test(text))
      .map(({ key, text, dialect }) => `${key}: ${dialect?.status}: ${text}`),
  }
}

const dns = (name: string, config: object, more: object = {}): Entry => ({
  name,
  type: 'network-dns-check',
  config,
  ...more,
})

describe('several entries of a type of which there is one check', () => {
  it('are the first of them, with the names of all', () => {
    const { monitors, told } = read(
      dns('inside', { clusterDomains: ['kubernetes.default.svc.cluster.local'], latencyThreshold: '1s' }),
      dns('outside', { clusterDomains: [], externalDomains: ['example.org'], latencyThreshold: '500ms' }),
    )
    expect(monitors).toMatchObject([
      [
        'inside',
        {
          cluster: 'auto',
          names: [
            { name: 'kubernetes.default.svc.cluster.local', at: 'cluster' },
            { name: 'example.org', at: 'node' },
          ],
          latencyWarningMs: 1000,
        },
      ],
    ])
    expect(told).toEqual([
      'monitors.outside.type: renamed: is read into "inside": there is one check of type "network-dns-check"',
      'monitors.outside.config.latencyWarningMs: refused: has no effect: "inside" is the one check of this type; write it there',
    ])
  })

  it('ask the names of the cluster where one of them does', () => {
    const [[, config] = []] = read(dns('a', { clusterDomains: [], domains: ['example.org'] }), dns('b', {})).monitors
    expect(config).toMatchObject({ cluster: 'auto', names: [{ name: 'example.org' }] })
  })

  it('watch both families where each watches one', () => {
    const gateway = (name: string, addressFamily: string): Entry => ({
      name,
      type: 'network-gateway-check',
      config: { addressFamily, count: 3 },
    })
    const { monitors, told } = read(gateway('four', 'ipv4'), gateway('six', 'ipv6'))
    expect(monitors).toMatchObject([['four', { addressFamily: 'auto', pingCount: 3 }]])
    expect(told).toHaveLength(1)
  })

  it('are waited for by the name of the first, once and not by itself', () => {
    const { dependsOn } = read(
      dns('a', { domains: ['a.example.org'] }, { dependsOn: ['b'] }),
      dns('b', { domains: ['b.example.org'] }),
      { name: 'c', type: 'system-memory', dependsOn: ['a', 'b'] },
    )
    expect(dependsOn).toEqual({ a: [], c: ['a'] })
  })

  it('say of what the others say beside that that it has no effect', () => {
    const cpu = (name: string, warning: number, more: object): Entry => ({
      name,
      type: 'system-cpu-check',
      config: { loadAverageThresholds: { warning } },
      ...more,
    })
    const { monitors, told } = read(cpu('a', 80, {}), cpu('b', 90, { interval: '1m' }))
    expect(monitors).toMatchObject([['a', { warningLoadFactor: 0.8 }]])
    expect(told.map((line) => line.split(':')[0])).toEqual([
      'monitors.b.type',
      'monitors.b.config.warningLoadFactor',
      'monitors.b.interval',
    ])
  })

  it('stay apart where one is switched off, and where a type may have several', () => {
    const of = (type: string, config?: object) => ({ type, ...(config === undefined ? {} : { config }) })
    const disk = (name: string, path: string) => ({ name, ...of('system-disk', { mountPoints: [{ path }] }) })
    const { monitors, told } = read(
      dns('a', { domains: ['a.example.org'] }),
      dns('b', { domains: ['b.example.org'] }, { enabled: false }),
      disk('c', '/'),
      disk('d', '/var'),
    )
    expect([monitors.map(([name]) => name), told]).toEqual([['a', 'b', 'c', 'd'], []])
  })

  it.each([
    ['with one name', dns('a', {})],
    ['with a key that neither form has', dns('b', {}, { enable: true })],
    ['with keys that are none', { ...dns('b', {}), config: [1] }],
  ])('are a mistake where one is one by itself: %s', (_, other) => {
    expect(faultsOf(documentOf(dns('a', { domains: ['a.example.org'] }), other)).length).toBeGreaterThan(0)
  })

  it('are a mistake in a document of ours', () => {
    const memory = (name: string) => ({ name, type: 'system-memory' })
    expect(faultsOf(documentOf(memory('a'), memory('b')))).toHaveLength(1)
  })

  it('are of types of which ours may not have several', () => {
    const several = TYPES.flatMap(({ type, to = [type] }) => to).filter((type) => {
      const check = checkOf(CATALOG, type)
      return check === undefined || check.instances === 'many' || check.apartBy !== undefined
    })
    expect([...new Set(several)].filter((type) => type !== 'noop').sort()).toEqual([...MAY_BE_SEVERAL].sort())
  })
})
