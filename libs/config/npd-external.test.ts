import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigErrors, renderProblem } from './errors.ts'
import { type LoadOptions, loadConfig } from './load.ts'
import { HEAD, ROOT_SERVER } from './testing.ts'
import type { NodeDoctorConfig } from './types.ts'

const FIXTURES = join(import.meta.dirname, 'npd/fixtures/external')

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-external-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, content: object | string): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 1))
  return path
}

/** A file with such keys beside what it has to have. */
function fileOf(name: string, config: object = {}, more: object = {}) {
  return { plugin: 'external', source: name, pluginConfig: { socketAddress: `/run/${name}.sock`, ...config }, ...more }
}

const conditions = (...types: readonly string[]) => ({
  conditions: types.map((type) => ({ type, reason: 'Fine', message: 'it is fine' })),
})

const NONE = 'defaultMonitors: []\nmonitors: []\n'

function load(npd: object, more = NONE, options: Partial<LoadOptions> = {}): Promise<NodeDoctorConfig> {
  const file = write('config.yaml', `${HEAD}npd: ${JSON.stringify(npd)}\n${more}`)
  return loadConfig({ file, flags: [], env: {}, surroundings: ROOT_SERVER, ...options })
}

/** One line each, without the folder. */
function linesOf(problems: ConfigErrors['problems']): readonly string[] {
  return problems.map((problem) => renderProblem(problem).replaceAll(`${folder}/`, '').replaceAll(`${FIXTURES}/`, ''))
}

async function faultsOf(files: readonly (object | string)[], more = NONE): Promise<readonly string[]> {
  const externalMonitors = files.map((file, index) => write(`${'abc'[index]}.json`, file))
  const { npd } = await load({ externalMonitors }, more)
  return linesOf(npd.files.flatMap(({ faults }) => faults))
}

describe('a file of an external monitor', () => {
  it('as it is found, in either form, is an entry of plugins, and what it says that has no effect is told', async () => {
    const told: unknown[] = []
    for (const name of readdirSync(FIXTURES).toSorted()) {
      const { npd, plugins } = await load({ externalMonitors: [join(FIXTURES, name)] })
      const [file] = npd.files
      expect(file).toMatchObject({ kind: 'external', faults: [] })
      told.push({ file: name, warnings: linesOf(file?.warnings ?? []), plugins })
    }
    await expect(`${JSON.stringify(told, undefined, 2)}\n`).toMatchFileSnapshot('./npd/fixtures/external.golden.json')
  })

  it('may say a duration as a text or as whole nanoseconds', async () => {
    const entryOf = async (name: string) => (await load({ externalMonitors: [join(FIXTURES, name)] })).plugins[0]
    const [text, number] = [await entryOf('canonical.json'), await entryOf('nanoseconds.json')]
    expect(number).toMatchObject({
      intervalMs: text?.intervalMs,
      timeoutMs: text?.timeoutMs,
      retryPolicy: text?.retryPolicy,
      healthCheck: text?.healthCheck,
    })
  })

  it('stands behind those that are written, by its source, with a name of its own', async () => {
    const externalMonitors = [
      write('a.json', fileOf('fan')),
      write('b.json', { ...fileOf('fan'), pluginConfig: { socketAddress: '/run/b.sock' } }),
      write('c.json', { ...fileOf('GPU Monitor (1)'), pluginConfig: { socketAddress: '/run/c.sock' } }),
      write('d.json', { plugin: 'external', pluginConfig: { socketAddress: '/run/npd-disk.sock' } }),
      write('e.json', fileOf('system')),
    ]
    const plugins = 'plugins: [{ name: fan, socketAddress: /run/own.sock }]\n'
    const config = await load({ externalMonitors }, NONE + plugins)
    expect(config.plugins.map(({ name, socketPath }) => [name, socketPath])).toEqual([
      ['fan', '/run/own.sock'],
      ['fan-2', '/run/fan.sock'],
      ['fan-3', '/run/b.sock'],
      ['GPU-Monitor-1', '/run/c.sock'],
      ['npd-disk', '/run/npd-disk.sock'],
      ['system-2', '/run/system.sock'],
    ])
    expect(config.plugins[1]?.origin).toEqual({ layer: 'file', text: 'config.yaml, line 5' })
    expect(config.npd.files.map(({ kind, entry }) => [kind, entry])[0]).toEqual(['external', 'fan-2'])
    expect(config.monitors).toEqual([])
  })

  it('is known by what stands in it, in a folder', async () => {
    write('a.json', fileOf('fan'))
    write('b.json', { pluginConfig: { SocketPath: '/run/b.sock' } })
    const { npd } = await load({ dir: folder })
    expect(npd.files.map(({ kind, faults }) => [kind, linesOf(faults)])).toEqual([
      ['external', []],
      ['external', ['b.json:1:1: plugin: missing; expected "external"']],
    ])
  })

  it('shares a type with another such file, and with nobody else', async () => {
    const [a, b] = [fileOf('a', {}, conditions('Sick', 'Own')), fileOf('b', {}, conditions('Sick'))]
    const { plugins } = await load({ externalMonitors: [write('a.json', a), write('b.json', b)] })
    expect(plugins.map((one) => one.conditions.map(({ type, shared }) => [type, shared]))).toEqual([
      [
        ['Sick', true],
        ['Own', false],
      ],
      [['Sick', true]],
    ])
  })

  it('that is bad keeps no other from being used', async () => {
    const externalMonitors = [write('bad.json', '{'), join(folder, 'none.json'), write('good.json', fileOf('good'))]
    const { plugins, npd } = await load({ externalMonitors })
    expect(plugins.map(({ name }) => name)).toEqual(['good'])
    expect(npd.files.map(({ entry, faults }) => [entry, linesOf(faults)])).toEqual([
      ['', ['bad.json:1:2: not valid JSON: ends here; expected a key in double quotes']],
      ['', ["none.json: cannot be read: ENOENT; expected a file of NPD's"]],
      ['good', []],
    ])
  })
})

describe('what a file of an external monitor says that NPD takes and is more than is told, or sooner than is asked', () => {
  it('is cut, or waited for longer, which is told', async () => {
    const retryPolicy = { initialBackoff: '50ms', maxBackoff: 99_000_000 }
    const told = { type: 'Sick', reason: 'R'.repeat(129), message: `${'m'.repeat(1023)}😀` }
    const file = write('a.json', fileOf('a', { retryPolicy }, { conditions: [told] }))
    const { npd, plugins } = await load({ externalMonitors: [file] })
    expect(linesOf(npd.files.flatMap(({ faults }) => faults))).toEqual([])
    expect(plugins).toMatchObject([
      {
        retryPolicy: { initialBackoffMs: 100, maxBackoffMs: 100 },
        conditions: [{ type: 'Sick', reason: 'R'.repeat(128), message: 'm'.repeat(1023) }],
      },
    ])
    expect(linesOf(npd.files.flatMap(({ warnings }) => warnings))).toEqual([
      'a.json:7:22: pluginConfig.retryPolicy.initialBackoff: "50ms" is too short and is waited for as "100ms"; expected a duration from "100ms" to "1d"',
      'a.json:8:18: pluginConfig.retryPolicy.maxBackoff: "99ms" is too short and is waited for as "100ms"; expected a duration from "100ms" to "1d"',
      'a.json:14:14: conditions[0].reason: is longer than 128 characters and is cut there',
      'a.json:15:15: conditions[0].message: is longer than 1024 characters and is cut there',
    ])
  })

  it('is as it was where that is no less and no more, and a wait of nothing is none', async () => {
    const words = { type: 'Sick', reason: 'R'.repeat(128), message: 'm'.repeat(1024) }
    const retryPolicy = { initialBackoff: '100ms', maxBackoff: '100ms' }
    const file = write('a.json', fileOf('a', { retryPolicy }, { conditions: [words] }))
    const { npd, plugins } = await load({ externalMonitors: [file] })
    expect(npd.files.flatMap(({ warnings, faults }) => linesOf([...warnings, ...faults]))).toEqual([])
    expect(plugins[0]?.conditions).toMatchObject([words])
    const faults = await faultsOf([fileOf('b', { reconnectInterval: '0s' })])
    expect(faults).toHaveLength(1)
  })
})

describe('what is wrong with a file of an external monitor', () => {
  it.each<[string, object, readonly string[]]>([
    [
      'another plugin',
      { ...fileOf('a'), plugin: 'custom' },
      ['a.json:2:12: plugin: there is no plugin "custom" of this kind; expected "external"'],
    ],
    ['no plugin', { pluginConfig: { socketAddress: '/a' } }, ['a.json:1:1: plugin: missing; expected "external"']],
    [
      'no socket',
      { plugin: 'external', source: 'a' },
      [
        'a.json:1:1: pluginConfig.socketAddress: missing; expected the absolute path of the monitor\'s Unix socket, such as "/var/run/npd/gpu-monitor.sock"',
      ],
    ],
    [
      'a socket that is no absolute path',
      fileOf('a', { socketAddress: 'run/a.sock' }),
      [
        'a.json:5:20: pluginConfig.socketAddress: "run/a.sock" is no absolute path; expected the absolute path of the monitor\'s Unix socket, such as "/var/run/npd/gpu-monitor.sock"',
      ],
    ],
    [
      'a socket that is too long',
      fileOf('a', { socketAddress: `/${'x'.repeat(107)}` }),
      [
        `a.json:5:20: pluginConfig.socketAddress: "/${'x'.repeat(78)}…" is too long for a Unix socket; expected at most 107 bytes`,
      ],
    ],
    [
      'a timeout as long as the interval',
      fileOf('a', { invoke_interval: '10s', timeout: 10_000_000_000 }),
      ['a.json:7:14: pluginConfig.timeout: "10s" is not shorter than the interval (10s); expected less than that'],
    ],
    [
      'an interval shorter than the timeout that nobody wrote',
      fileOf('a', { invoke_interval: '5s' }),
      [
        'a.json:6:22: pluginConfig.invoke_interval: "5s" is not longer than the timeout, which is 10s by default; expected more than that, or a shorter timeout',
      ],
    ],
    [
      'an interval of no second',
      fileOf('a', { invokeInterval: '500ms', timeout: '100ms' }),
      [
        'a.json:6:21: pluginConfig.invokeInterval: "500ms" is too short; expected a duration from "1s" to "1d", or nanoseconds as a whole number',
        'a.json:7:14: pluginConfig.timeout: "100ms" is too short; expected a duration from "1s" to "1h", or nanoseconds as a whole number',
      ],
    ],
    [
      'seconds that are meant and nanoseconds that are written',
      fileOf('a', { invoke_interval: 30 }),
      [
        'a.json:6:22: pluginConfig.invoke_interval: 30 nanoseconds are less than a millisecond; expected a duration such as "30s", or nanoseconds as a whole number, as 30000000000',
      ],
    ],
    [
      'a duration that is none',
      fileOf('a', { invoke_interval: '30', timeout: 1.5, grpcTimeout: true, retryPolicy: { maxBackoff: '-1s' } }),
      [
        'a.json:6:22: pluginConfig.invoke_interval: "30" is not a duration: missing unit in duration "30"; expected one such as "30s" or "1h30m"',
        'a.json:7:14: pluginConfig.timeout: 1.5 is a number; expected a duration such as "30s", or nanoseconds as a whole number',
        'a.json:8:18: pluginConfig.grpcTimeout: is true; expected a duration such as "30s", or nanoseconds as a whole number',
        'a.json:10:18: pluginConfig.retryPolicy.maxBackoff: "-1s" is less than nothing; expected a duration such as "30s", or nanoseconds as a whole number, as 30000000000',
      ],
    ],
    [
      'numbers that are too small',
      fileOf('a', { retryPolicy: { maxAttempts: 0, backoffMultiplier: 0.5 }, healthCheck: { errorThreshold: 0 } }),
      [
        'a.json:7:19: pluginConfig.retryPolicy.maxAttempts: 0 is out of range; expected a whole number from 1 to 1000000',
        'a.json:8:25: pluginConfig.retryPolicy.backoffMultiplier: 0.5 is out of range; expected a number from 1 to 1000',
        'a.json:11:22: pluginConfig.healthCheck.errorThreshold: 0 is out of range; expected a whole number from 1 to 1000000',
      ],
    ],
    [
      'a condition without its words, and one whose name is none',
      fileOf(
        'a',
        {},
        {
          conditions: [{ type: 'Sick' }, { type: 'not one', reason: 'R', message: 'm' }, { reason: 'R', message: 'm' }],
        },
      ),
      [
        'a.json:8:3: conditions[0].reason: missing; expected what is said while all is well, such as "GPUIsHealthy"',
        'a.json:8:3: conditions[0].message: missing; expected what is said while all is well, such as "GPU is healthy"',
        'a.json:16:3: conditions[2].type: missing; expected a condition type, such as "GPUHealthy"',
      ],
    ],
    [
      'a condition whose type is no name',
      fileOf('a', {}, conditions('not one')),
      [
        'a.json:9:12: conditions[0].type: "not one" is not a condition type: " " may not stand in it; expected one such as "GPUHealthy"',
      ],
    ],
    [
      'a condition of the kubelet’s',
      fileOf('a', {}, conditions('Ready')),
      ['a.json:9:12: conditions[0].type: condition type "Ready" belongs to the kubelet; expected another name'],
    ],
    [
      'parameters that are no texts',
      fileOf('a', { pluginParameters: { a: 85, b: [1] } }),
      ['a.json:8:9: pluginConfig.pluginParameters.b: is a list; expected a text'],
    ],
  ])('is told: %s', async (_what, file, faults) => {
    expect(await faultsOf([file])).toEqual(faults)
  })

  it('is told of a socket that is somebody else’s', async () => {
    const own = 'plugins: [{ name: fan, socketAddress: /run/fan.sock }]\n'
    const exporters = 'exporters: { external: [{ name: tickets, socketAddress: /run/tickets.sock }] }\n'
    const files = [fileOf('fan'), fileOf('x', { socketAddress: 'unix:///run/tickets.sock' }), fileOf('fan')]
    expect(await faultsOf(files, NONE + own + exporters)).toEqual([
      'a.json:5:20: pluginConfig.socketAddress: "/run/fan.sock" is the socket of plug-in "fan"; expected another',
      'b.json:5:20: pluginConfig.socketAddress: "/run/tickets.sock" is the socket of exporter "tickets"; expected another',
      'c.json:5:20: pluginConfig.socketAddress: "/run/fan.sock" is the socket of plug-in "fan"; expected another',
    ])
    const off = 'exporters: { external: [{ name: tickets, enabled: false, socketAddress: /run/one.sock }] }\n'
    expect(await faultsOf([fileOf('one')], NONE + off)).toEqual([])
    expect(
      await faultsOf([fileOf('one'), fileOf('two', { socketPath: '/run/../run/one.sock', socketAddress: '' })]),
    ).toEqual([
      'b.json:6:17: pluginConfig.socketPath: "/run/../run/one.sock" is the socket of a.json; expected another',
    ])
  })

  it('is told of a type that a file of another kind has', async () => {
    const log = write('log.json', { plugin: 'kmsg', ...conditions('Sick') })
    const external = write('x.json', fileOf('x', {}, conditions('Sick')))
    const { npd } = await load({ systemLogMonitors: [log], externalMonitors: [external] })
    expect(linesOf(npd.files.flatMap(({ faults }) => faults))).toEqual([
      'x.json:9:12: conditions[0].type: condition type "Sick" belongs to log.json; expected another name',
    ])
  })

  it('is told where it is named as one of another kind', async () => {
    const path = write('x.json', fileOf('x'))
    const { npd } = await load({ systemLogMonitors: [path] })
    expect(linesOf(npd.files.flatMap(({ faults }) => faults))).toEqual([
      'x.json:2:12: plugin: "external" is what a file of npd.externalMonitors has; expected one of "filelog", "journald", "kmsg"',
    ])
  })

  it('is the whole configuration’s where that is strict', async () => {
    const path = write('x.json', fileOf('x', { timeout: '1m' }))
    const err = await load({ externalMonitors: [path], strict: true }).catch((caught: unknown) => caught)
    expect(err).toBeInstanceOf(ConfigErrors)
    expect(linesOf((err as ConfigErrors).problems)).toEqual([
      'x.json:6:14: pluginConfig.timeout: "1m" is not shorter than the interval (30s); expected less than that',
    ])
  })
})

describe('what works otherwise than it reads', () => {
  it.each([
    [{ invokeInterval: '10s' }, { intervalMs: 10_000, timeoutMs: 9000 }],
    [{ grpcTimeout: '60s' }, { intervalMs: 30_000, timeoutMs: 29_000 }],
    [{ invokeInterval: '1500ms' }, { intervalMs: 1500, timeoutMs: 1000 }],
    [
      { invoke_interval: '20s', grpcTimeout: '20s' },
      { intervalMs: 20_000, timeoutMs: 19_000 },
    ],
  ])(
    'is taken, and an answer has less time, where NPD does not read the times that contradict: %j',
    async (config, times) => {
      const { npd, plugins } = await load({ externalMonitors: [write('a.json', fileOf('a', config))] })
      expect(npd.files.flatMap(({ faults }) => faults)).toEqual([])
      expect(plugins).toMatchObject([times])
    },
  )

  it('is refused where NPD would refuse it, or no time would be left', async () => {
    expect(await faultsOf([fileOf('a', { invoke_interval: '5s', grpcTimeout: '6s' })])).toHaveLength(1)
    expect(await faultsOf([fileOf('a', { invokeInterval: '1s' })])).toHaveLength(1)
  })

  it.each<[string, object, readonly string[]]>([
    [
      'times that contradict each other and NPD does not read',
      fileOf('a', { grpcTimeout: '60s' }, { invokeInterval: '10s' }),
      [
        'a.json:8:20: invokeInterval: is read as "pluginConfig.invoke_interval"',
        'a.json:6:18: pluginConfig.grpcTimeout: is read as "pluginConfig.timeout"',
        'a.json:6:18: pluginConfig.grpcTimeout: "1m" is not shorter than the interval (10s); an answer may take "9s"; expected less than that',
      ],
    ],
    [
      'an interval shorter than the timeout that nobody wrote, which NPD does not read',
      fileOf('a', {}, { invokeInterval: '5s' }),
      [
        'a.json:7:20: invokeInterval: is read as "pluginConfig.invoke_interval"',
        'a.json:7:20: invokeInterval: "5s" is not longer than the timeout, which is 10s by default; an answer may take "4s"; expected more than that, or a shorter timeout',
      ],
    ],
    [
      'two names of one key',
      fileOf(
        'a',
        { socketPath: '/run/other.sock', timeout: '5s', grpcTimeout: '6s', invokeInterval: '20s' },
        { invokeInterval: '1m' },
      ),
      [
        'a.json:6:17: pluginConfig.socketPath: has no effect beside "pluginConfig.socketAddress"',
        'a.json:9:21: pluginConfig.invokeInterval: is read as "pluginConfig.invoke_interval"',
        'a.json:11:20: invokeInterval: has no effect beside "pluginConfig.invokeInterval"',
        'a.json:8:18: pluginConfig.grpcTimeout: has no effect beside "pluginConfig.timeout"',
      ],
    ],
    [
      'both forms of what follows a failure',
      fileOf('a', {
        reconnectInterval: '1m',
        maxReconnectAttempts: 3,
        retryPolicy: { maxBackoff: '2m', maxAttempts: 4 },
      }),
      [
        'a.json:6:24: pluginConfig.reconnectInterval: has no effect beside "pluginConfig.retryPolicy.maxBackoff"',
        'a.json:7:27: pluginConfig.maxReconnectAttempts: has no effect beside "pluginConfig.retryPolicy.maxAttempts"',
      ],
    ],
    [
      'a first wait that is longer than the longest',
      fileOf('a', { retryPolicy: { initialBackoff: '10m' } }),
      [
        'a.json:7:22: pluginConfig.retryPolicy.initialBackoff: "10m" is longer than maxBackoff ("5m"), which every wait is then; expected at most that',
      ],
    ],
    [
      'a key that is almost one',
      fileOf('a', { retryPolicy: { maxAttemps: 4 } }),
      [
        'a.json:7:4: pluginConfig.retryPolicy.maxAttemps: is no key of NPD\'s and is not looked at; did you mean "maxAttempts"?',
      ],
    ],
    [
      'a condition that stands twice',
      fileOf('a', {}, conditions('Sick', 'Sick')),
      ['a.json:14:12: conditions[1].type: "Sick" stands at conditions[0] already, which counts'],
    ],
  ])('is told: %s', async (_what, file, warnings) => {
    const { npd, plugins } = await load({ externalMonitors: [write('a.json', file)] })
    expect(linesOf(npd.files.flatMap((one) => [...one.faults, ...one.warnings]))).toEqual(warnings)
    expect(plugins).toHaveLength(1)
  })

  it('is in force as it is told', async () => {
    const { plugins } = await load({
      externalMonitors: [
        write('a.json', fileOf('a', { retryPolicy: { initialBackoff: '10m' } })),
        write('b.json', fileOf('b', { retryPolicy: { maxBackoff: '500ms' } })),
        write('c.json', fileOf('c', { pluginParameters: { limit: 85.5, on: true } }, conditions('Sick', 'Sick'))),
      ],
    })
    expect(plugins[0]?.retryPolicy).toMatchObject({ initialBackoffMs: 300_000, maxBackoffMs: 300_000 })
    expect(plugins[1]?.retryPolicy).toMatchObject({ initialBackoffMs: 500, maxBackoffMs: 500 })
    expect(plugins[2]).toMatchObject({
      parameters: { limit: '85.5', on: 'true' },
      conditions: [{ type: 'Sick', polarity: 'true-is-problem', reason: 'Fine', message: 'it is fine', shared: false }],
    })
  })
})
