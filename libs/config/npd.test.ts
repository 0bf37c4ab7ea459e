import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOG, type Catalog, type CatalogCheck } from './catalog.ts'
import { ConfigErrors, renderProblem } from './errors.ts'
import { type LoadOptions, loadConfig } from './load.ts'
import { HEAD, ROOT_SERVER } from './testing.ts'

/** As the monitors that are to serve them declare their checks. */
function checkOf(type: string, monitor: string, typesFrom: readonly string[]): CatalogCheck {
  return {
    type,
    aliases: [],
    monitor,
    description: '',
    intervalMs: 60_000,
    timeoutMs: 20_000,
    instances: 'many',
    typesFrom,
    schema: {},
    conditions: [],
    events: [],
    metrics: [],
  }
}

const TYPES = ['conditions[].type'] as const
const catalog: Catalog = {
  monitors: ['system', 'log', 'custom-plugin'].map((name) => ({ name, description: '' })),
  checks: [
    ...CATALOG.checks.filter(({ type, monitor }) => monitor === 'system' && !type.startsWith('npd-')),
    checkOf('npd-log', 'log', TYPES),
    checkOf('npd-plugin', 'custom-plugin', TYPES),
    checkOf('npd-stats', 'system', []),
  ],
}

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-npd-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, content: object | string): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 1))
  return path
}

const logOf = (...types: readonly string[]) => ({
  plugin: 'kmsg',
  source: 'watch',
  conditions: types.map((type) => ({ type, reason: 'Well', message: 'well' })),
  rules: types.map((condition) => ({ type: 'permanent', condition, reason: 'Ill', pattern: 'ill' })),
})

const pluginOf = (path: string, ...types: readonly string[]) => ({
  plugin: 'custom',
  source: 'run',
  conditions: types.map((type) => ({ type, reason: 'Well', message: 'well' })),
  rules: types.map((condition) => ({ type: 'permanent', condition, reason: 'Ill', path })),
})

const STATS = { invokeInterval: '60s', cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'load' } } } }

function load(npd: object, more = '', options: Partial<LoadOptions> = {}) {
  const file = write('config.yaml', `${HEAD}npd: ${JSON.stringify(npd)}\n${more}`)
  return loadConfig({ file, flags: [], env: {}, surroundings: ROOT_SERVER, catalog, ...options })
}

/** One line each, without the folder. */
function linesOf(problems: ConfigErrors['problems']): readonly string[] {
  return problems.map((problem) => renderProblem(problem).replaceAll(`${folder}/`, ''))
}

async function faultsOf(loading: Promise<unknown>): Promise<readonly string[]> {
  const err = await loading.catch((caught: unknown) => caught)
  if (!(err instanceof ConfigErrors)) throw new Error('no ConfigErrors', { cause: err })
  return linesOf(err.problems)
}

describe('a file that npd names', () => {
  it('is a check behind those that are written, of the name and the place of the file', async () => {
    const npd = {
      systemLogMonitors: [write('kernel.json', logOf('Deadlock'))],
      customPluginMonitors: [write('clock.json', pluginOf('/opt/clock.sh', 'ClockWrong'))],
      systemStatsMonitors: [write('stats.json', STATS)],
    }
    const config = await load(npd, 'defaultMonitors: []\nmonitors: [{ name: cpu, type: system-cpu }]\n')
    expect(config.monitors.map(({ name, type, monitor }) => [name, type, monitor])).toEqual([
      ['cpu', 'system-cpu', 'system'],
      ['kernel', 'npd-log', 'log'],
      ['clock', 'npd-plugin', 'custom-plugin'],
      ['stats', 'npd-stats', 'system'],
    ])
    expect(config.monitors[1]).toMatchObject({
      enabled: true,
      when: 'always',
      intervalMs: 60_000,
      timeoutMs: 20_000,
      dependsOn: [],
      explainedBy: [],
      origin: { layer: 'file', text: 'config.yaml, line 5' },
      config: { path: npd.systemLogMonitors[0], plugin: 'kmsg', bufferSize: 10 },
    })
    expect(config.npd.files.map(({ kind, entry, faults }) => [kind, entry, faults.length])).toEqual([
      ['log', 'kernel', 0],
      ['plugin', 'clock', 0],
      ['stats', 'stats', 0],
    ])
    expect(config.missing).toEqual([])
  })

  it('owns its condition types, whatever they are called, and shares those that others declare too', async () => {
    write('a.json', logOf('disk sick', 'Both'))
    write('b.json', pluginOf('/opt/b.sh', 'Both', ''))
    const { catalog: owners } = await load({ dir: folder })
    expect(owners.slice(-2)).toEqual([
      { monitor: 'log', conditionTypes: ['disk sick'], sharedTypes: ['Both'] },
      { monitor: 'custom-plugin', conditionTypes: [''], sharedTypes: ['Both'] },
    ])
  })

  it('may be depended on, and is told as missing where no monitor serves it', async () => {
    const npd = { systemLogMonitors: [write('kernel.json', logOf('Deadlock'))] }
    const checks = 'defaultMonitors: []\nmonitors: [{ name: cpu, type: system-cpu, dependsOn: [kernel] }]\n'
    const none: Catalog = { ...catalog, checks: catalog.checks.filter(({ type }) => !type.startsWith('npd-')) }
    const { missing, monitors } = await load(npd, checks, { catalog: none })
    expect(monitors.map(({ name }) => name)).toEqual(['cpu', 'kernel'])
    expect(missing.map(({ key, what }) => [key, what])).toEqual([
      ['monitors.kernel', 'check "kernel" of type "npd-log"'],
    ])
  })

  it('has a name that is valid and nobody else’s, whether the others can be used or not', async () => {
    mkdirSync(join(folder, 'x'))
    const names = [
      'cpu.json',
      'x/cpu.json',
      '-Größe (1).json',
      `${'n'.repeat(80)}.json`,
      `x/${'n'.repeat(80)}.json`,
      '~.json',
    ]
    const systemLogMonitors = names.map((name) => write(name, logOf()))
    write('cpu.json', '{')
    const config = await load(
      { systemLogMonitors },
      'defaultMonitors: []\nmonitors: [{ name: cpu, type: system-cpu }]\n',
    )
    expect(config.npd.files.map(({ entry }) => entry)).toEqual([
      '',
      'cpu-3',
      'Gr-e-1',
      'n'.repeat(63),
      `${'n'.repeat(61)}-2`,
      'npd',
    ])
  })

  it('stands in a folder: each .json file of it, by its name, and no other', async () => {
    write('z.json', logOf('Deadlock'))
    write('a.json', STATS)
    write('clock.sh', '#!/bin/sh')
    write('.hidden.json', '{')
    write('known-modules.json', ['nvidia'])
    mkdirSync(join(folder, 'sub.json'))
    mkdirSync(join(folder, '..data'))
    writeFileSync(join(folder, '..data', 'real'), JSON.stringify(pluginOf('/opt/clock.sh', 'ClockWrong')))
    symlinkSync('..data/real', join(folder, 'linked.json'))
    const { npd, monitors } = await load({ dir: folder }, 'defaultMonitors: []\nmonitors: []\n')
    expect(npd.files.map(({ path, kind }) => [path.slice(folder.length + 1), kind])).toEqual([
      ['a.json', 'stats'],
      ['known-modules.json', 'unknown'],
      ['linked.json', 'plugin'],
      ['sub.json', 'unknown'],
      ['z.json', 'log'],
    ])
    expect(npd.files.map(({ faults, warnings }) => linesOf([...faults, ...warnings]))).toEqual([
      [],
      ["known-modules.json:1:1: is a list and no file of NPD's; it is left out"],
      [],
      ["sub.json: is no regular file; expected a file of NPD's"],
      [],
    ])
    expect(monitors.map(({ name }) => name)).toEqual(['a', 'linked', 'z'])
  })

  it('is read once where it is named twice, which is a warning', async () => {
    const path = write('kernel.json', logOf('Deadlock'))
    const { npd, monitors } = await load(
      { systemLogMonitors: [path, `${folder}/./kernel.json`], dir: folder },
      'defaultMonitors: []\nmonitors: []\n',
    )
    expect(monitors.map(({ name }) => name)).toEqual(['kernel'])
    expect(npd.files.map(({ warnings }) => linesOf(warnings))).toEqual([
      [
        `${path}: npd.systemLogMonitors[1]: "kernel.json" is named by npd.systemLogMonitors[0] too; it is read once`,
        `${path}: npd.dir: "kernel.json" is named by npd.systemLogMonitors[0] too; it is read once`,
      ].map((line) => line.replaceAll(`${folder}/`, '')),
    ])
  })
})

describe('a file that cannot be used', () => {
  it('is no check, and keeps no other from being one', async () => {
    const npd = {
      systemLogMonitors: [
        write('bad.json', '{ "plugin": "kmsg", }'),
        join(folder, 'none.json'),
        write('good.json', logOf('Deadlock')),
      ],
      dir: join(folder, 'nowhere'),
    }
    const { npd: read, monitors } = await load(npd, 'defaultMonitors: []\nmonitors: []\n')
    expect(monitors.map(({ name }) => name)).toEqual(['good'])
    expect(read.files.map(({ faults }) => linesOf(faults))).toEqual([
      ['bad.json:1:19: not valid JSON: a comma before "}"; expected none, JSON has no comma behind the last'],
      ["none.json: cannot be read: ENOENT; expected a file of NPD's"],
      [],
      ["nowhere: cannot be read: ENOENT; expected a folder of NPD's files"],
    ])
  })

  it('is the whole configuration’s fault where it is strict', async () => {
    const npd = { systemLogMonitors: [write('bad.json', '{'), write('good.json', logOf('A'))], strict: true }
    expect(await faultsOf(load(npd))).toEqual([
      'bad.json:1:2: not valid JSON: ends here; expected a key in double quotes',
    ])
  })

  it('is no larger than 1 MiB, and no pipe and no device', async () => {
    const large = write('large.json', ' '.repeat(1_048_577))
    const { npd } = await load({ systemLogMonitors: [large, '/dev/null', '/dev/zero'] })
    expect(npd.files.map(({ faults }) => linesOf(faults))).toEqual([
      ["large.json: is larger than 1048576 bytes; expected a file of NPD's"],
      ["/dev/null: is no regular file; expected a file of NPD's"],
      ["/dev/zero: is no regular file; expected a file of NPD's"],
    ])
  })

  it.each([
    ['Ready', '', 'condition type "Ready" belongs to the kubelet; expected another name'],
    [
      'CPUPressure',
      '',
      'condition type "CPUPressure" belongs to check "cpu" (system-cpu), at config.yaml:7:12; expected another name',
    ],
    ['MonitorMissing', '', 'condition type "MonitorMissing" belongs to the detector; expected another name'],
    ['NodeDoctorHealthy', '', 'condition type "NodeDoctorHealthy" belongs to the detector; expected another name'],
    [
      'FanBroken',
      'plugins: [{ name: fan, socketAddress: /run/fan.sock, conditions: [{ type: FanBroken }] }]\n',
      'condition type "FanBroken" belongs to plug-in "fan"; expected another name',
    ],
    ['Odd', 'exporters: { kubernetes: { enabled: true, conditionTypes: { Odd: Ready } } }\n', undefined],
    [
      'Busy',
      'exporters: { kubernetes: { enabled: true, conditionTypes: { CPUPressure: Busy } } }\n',
      'condition type "Busy" is "Busy" on the node, as "CPUPressure" is; expected another name',
    ],
    [
      'NodeDoctorCPUPressure',
      'exporters: { kubernetes: { enabled: true, conditionPrefix: NodeDoctor } }\n',
      'condition type "NodeDoctorCPUPressure" is "NodeDoctorCPUPressure" on the node, as "CPUPressure" is; expected another name',
    ],
    [
      'NDFanBroken',
      'plugins: [{ name: fan, socketAddress: /run/fan.sock, conditions: [{ type: FanBroken }] }]\nexporters: { kubernetes: { enabled: true, conditionPrefix: ND } }\n',
      'condition type "NDFanBroken" is "NDFanBroken" on the node, as "FanBroken" is; expected another name',
    ],
    [
      'Summary',
      'exporters: { kubernetes: { enabled: true, conditionTypes: { NodeDoctorHealthy: Summary } } }\n',
      'condition type "Summary" is "Summary" on the node, as "NodeDoctorHealthy" is; expected another name',
    ],
  ])('is one that declares %s', async (type, more, fault) => {
    const npd = { systemLogMonitors: [write('a.json', logOf('Fine', type)), write('b.json', logOf('Fine'))] }
    const loading = load(npd, `defaultMonitors: []\nmonitors: [{ name: cpu, type: system-cpu }]\n${more}`)
    if (fault === undefined) {
      expect((await faultsOf(loading)).join()).toContain('the kubelet')
      return
    }
    const { npd: read, monitors } = await loading
    expect(linesOf(read.files[0]?.faults ?? [])).toEqual([`a.json:11:12: conditions[1].type: ${fault}`])
    expect(monitors.map(({ name }) => name)).toEqual(['cpu', 'b'])
  })

  it('is one that its check does not take', async () => {
    const displayName = { type: 'string', maxLength: 4 } as const
    const records = (items: object) => ({ type: 'object', additionalProperties: items }) as const
    const schema = records(
      records(records({ type: 'object', properties: { displayName }, additionalProperties: false })),
    )
    const checks = catalog.checks.map((check) => (check.type === 'npd-stats' ? { ...check, schema } : check))
    const path = write('stats.json', STATS)
    const { npd } = await load({ systemStatsMonitors: [path] }, '', { catalog: { ...catalog, checks } })
    expect(npd.files[0]?.entry).toBe('')
    expect(linesOf(npd.files[0]?.faults ?? []).at(0)).toContain('stats.json:1:1: ')
  })

  it('names a program that is not there, where programs are looked for', async () => {
    const there = write('there.sh', '')
    const npd = {
      customPluginMonitors: [
        write('a.json', pluginOf(join(folder, 'gone.sh'), 'A')),
        write('b.json', pluginOf(there, 'B')),
        write('c.json', pluginOf('./no/such.sh', 'C')),
        write('d.json', pluginOf('/home/kubernetes/bin/health-checker', 'D')),
      ],
      systemStatsMonitors: [write('s.json', { ...STATS, procPath: join(folder, 'proc') })],
    }
    expect((await load(npd)).npd.files.flatMap(({ faults }) => faults)).toEqual([])
    const { npd: read, monitors } = await load(npd, 'defaultMonitors: []\nmonitors: []\n', { lookForPrograms: true })
    expect(linesOf(read.files.flatMap(({ faults }) => faults))).toEqual([
      `a.json:16:12: rules[0].path: "gone.sh" does not exist; expected the path of a program`,
      `c.json:16:12: rules[0].path: "./no/such.sh" does not exist (looked for in ${process.cwd()}); expected the path of a program`,
      `s.json:10:14: procPath: "proc" does not exist; expected the folder that the kernel tells its facts in`,
    ])
    expect(monitors.map(({ name }) => name)).toEqual(['b', 'd'])
  })
})

describe('the section npd', () => {
  it('says what ends a condition of a log, and which bugs are brought back', async () => {
    const recover = { Deadlock: { match: 'fine again', absentFor: '1h', reboot: true } }
    const npd = { systemLogMonitors: [write('kernel.json', logOf('Deadlock'))], recover, compat: ['B2', 'B10'] }
    const config = await load(npd, 'defaultMonitors: []\nmonitors: []\n')
    expect(config.monitors[0]?.config).toMatchObject({
      recover: { Deadlock: { match: 'fine again', absentFor: '1h0m0s', reboot: true } },
      compat: ['B2', 'B10'],
    })
    expect(config.npd.compat).toEqual(['B2', 'B10'])
  })

  it('is refused as a whole where it is wrong itself', async () => {
    const npd = {
      systemLogMonitors: [write('kernel.json', logOf('Deadlock'))],
      recover: { Deadlock: { match: '(' } },
    }
    const [fault = '', ...others] = await faultsOf(load(npd))
    expect([fault.replace(/:\d+:\d+: /, ': '), others]).toEqual([
      'config.yaml: npd.recover.Deadlock.match: "(" is not a pattern: error parsing regexp: missing closing ): `(`; expected one of Go\'s syntax',
      [],
    ])
    expect(await faultsOf(load({ systemLogMonitors: ['', 'a'], compat: ['B99'] }))).toEqual([
      expect.stringContaining(
        'npd.systemLogMonitors[0]: "" is not a path; expected one such as "/config/kernel-monitor.json"',
      ),
      expect.stringContaining('npd.compat[0]: "B99"'),
    ])
  })

  it('names line, key and value of what its check refuses', async () => {
    const real = CATALOG.checks.find(({ type }) => type === 'npd-log')?.schema
    const schema = {
      ...real,
      properties: { ...real?.properties, bufferSize: { type: 'integer', maximum: 20 } },
    } as const
    const narrow = catalog.checks.map((check) => (check.type === 'npd-log' ? { ...check, schema } : check))
    const file = write('kernel.json', '{\n  "plugin": "kmsg",\n  "BUFFERSIZE": 500\n}')
    const { npd } = await load({ systemLogMonitors: [file] }, '', { catalog: { ...catalog, checks: narrow } })
    const faults = npd.files.flatMap((each) => each.faults)
    expect(linesOf(faults)).toEqual([
      'kernel.json:3:17: bufferSize: 500 is out of range; expected a whole number up to 20',
    ])
  })

  it('notes a rule for a condition that no file has', async () => {
    const npd = { systemLogMonitors: [write('kernel.json', logOf('Deadlock'))], recover: { Deadlok: { reboot: true } } }
    const { notes = [] } = await load(npd)
    expect(notes.map(({ key, text }) => [key, text])).toEqual([
      ['npd.recover.Deadlok', 'has no effect: no file of a log declares "Deadlok"; did you mean "Deadlock"?'],
    ])
  })

  it('may name a file from where the process runs', async () => {
    const { npd } = await load({ systemLogMonitors: ['no/such.json'], dir: 'no/such' })
    expect(npd.files.map(({ path }) => path)).toEqual([
      join(process.cwd(), 'no/such.json'),
      join(process.cwd(), 'no/such'),
    ])
  })

  it('comes from a flag, too', async () => {
    const path = write('kernel.json', logOf('Deadlock'))
    const flag = { key: 'npd.systemLogMonitors', value: JSON.stringify([path]), flag: '--set' }
    const { npd, monitors } = await load({}, 'defaultMonitors: []\nmonitors: []\n', { flags: [flag] })
    expect([npd.files.length, monitors.length]).toEqual([1, 1])
  })
})
