import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schema } from './config.ts'
import { METRIC_IDS } from './metrics.ts'
import { namesOf, planOf } from './plan.ts'
import { specsOf } from './samples.ts'

const path = '/config/system-stats-monitor.json'

function configOf(keys: Record<string, unknown>) {
  return schema.parse({ path, ...keys })
}

const metric = (id: string, displayName = id) => ({ metricsConfigs: { [id]: { displayName } } })

test('defaults are those of NPD', () => {
  const { names, ...rest } = planOf(configOf({}))
  expect(rest).toEqual({
    invokeIntervalMs: 60_000,
    lsblkTimeoutMs: 5_000,
    procPath: '/proc',
    includeRootBlk: false,
    includeAllAttachedBlk: false,
    knownModulesPath: '/config/guestosconfig/known-modules.json',
    excludeInterfaceRegexp: '',
    addsUp: false,
    inTicks: false,
  })
  expect([...names]).toEqual([])
})

test('a section that is absent asks for nothing', () => {
  expect(planOf({ path })).toEqual(planOf(configOf({})))
})

test.each([
  [
    { invokeInterval: '5' },
    'invokeInterval is no duration: time: missing unit in duration "5"; expected one like "60s"',
  ],
  [{ invokeInterval: '0s' }, 'invokeInterval "0s" is not above 0; expected a duration like "60s"'],
  [{ disk: { lsblkTimeout: '-1s' } }, 'disk.lsblkTimeout "-1s" is not above 0; expected a duration like "60s"'],
  [{ invokeInterval: '3s' }, 'disk.lsblkTimeout "5s" is longer than invokeInterval "3s"'],
  [
    { cpu: metric('cpu/load_1m', 'cpu/load'), host: metric('host/uptime', 'cpu.load') },
    'host/uptime and cpu/load_1m would both be cpu_load in /metrics; give one of them another displayName',
  ],
])('a file that asks for what cannot be is refused: %o', (keys, text) => {
  const error = expect.objectContaining({ code: 'BAD_STATS_FILE', message: expect.stringContaining(`${path}: `) })
  expect(() => planOf(configOf(keys))).toThrow(error)
  expect(() => planOf(configOf(keys))).toThrow(text)
})

test('a metric is told where its own section names it, with a display name; an unknown one is left out', () => {
  const cpu = {
    metricsConfigs: {
      'cpu/load_1m': { displayName: 'load' },
      'cpu/load_5m': { displayName: '' },
      'host/uptime': { displayName: 'not here' },
      'cpu/other': { displayName: 'x' },
      constructor: { displayName: 'y' },
    },
  }
  expect([...namesOf(configOf({ cpu }))]).toEqual([['cpu/load_1m', 'load']])
})

test('of net some may be left out, and disk/percent_used goes without disk/bytes_used (bug B18)', () => {
  const names = namesOf(configOf({ net: metric('net/rx_bytes'), disk: metric('disk/percent_used') }))
  expect([...names.values()]).toEqual(['disk_percent_used', 'net_rx_bytes'])
})

test('paths are relative to the folder of the file', () => {
  const of = (knownModulesConfigPath: string) =>
    planOf(configOf({ osFeature: { knownModulesConfigPath } })).knownModulesPath
  expect(of('known.json')).toBe('/config/known.json')
  expect(of('/etc/known.json')).toBe('/etc/known.json')
  expect(planOf(configOf({ procPath: '/host/proc/' })).procPath).toBe('/host/proc')
})

test('bugs that are asked for come back', () => {
  const { addsUp, inTicks } = planOf(configOf({ compat: ['B2', 'B3', 'B99'] }))
  expect([addsUp, inTicks]).toEqual([true, true])
})

test('whatever display names are, what is declared is a name each', () => {
  const displayNames = fc.dictionary(fc.constantFrom(...METRIC_IDS), fc.record({ displayName: fc.string() }))
  fc.assert(
    fc.property(displayNames, (metricsConfigs) => {
      const config = configOf({ cpu: { metricsConfigs }, net: { metricsConfigs } })
      let names: ReadonlyMap<string, string>
      try {
        names = namesOf(config)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_STATS_FILE' })
        return
      }
      const specs = specsOf({ names: namesOf(config) })
      expect(new Set(specs.map(({ name }) => name)).size).toBe(names.size)
      for (const { name } of specs) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]*$/)
    }),
  )
})
