import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CATALOG } from './catalog.ts'
import { ConfigErrors } from './errors.ts'
import { DEFAULT_CHECKS } from './layers/default-checks.ts'
import { type LoadOptions, loadConfig } from './load.ts'
import { ADDED_BY_DEFAULT } from './parts.ts'
import { HEAD, parse, ROOT_SERVER, set } from './testing.ts'
import type { NodeDoctorConfig } from './types.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-layers-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function load(options: Partial<LoadOptions> = {}): Promise<NodeDoctorConfig> {
  return loadConfig({ flags: [], env: {}, defaultFile: '', surroundings: ROOT_SERVER, ...options })
}

function originOf({ settingsInForce }: NodeDoctorConfig, key: string): string {
  return settingsInForce.set.find((setting) => setting.key === key)?.origin.text ?? 'default'
}

describe('which file is read', () => {
  it('is none when none is named and the usual one is not there', async () => {
    const config = await load({ defaultFile: join(folder, 'absent.yaml') })
    expect(config.file).toBe('')
    expect(config.name).toBe('default')
    expect(config.settingsInForce.set).toEqual([])
  })

  it('is the usual one, then the one of the environment, then the one of a flag', async () => {
    const usual = file('usual.yaml', HEAD.replace('test', 'usual'))
    const env = { NODE_DOCTOR_CONFIG: file('env.yaml', HEAD.replace('test', 'environment')) }
    const flag = file('flag.yaml', HEAD.replace('test', 'flag'))
    expect((await load({ defaultFile: usual })).name).toBe('usual')
    expect((await load({ defaultFile: usual, env })).name).toBe('environment')
    expect((await load({ defaultFile: usual, env, file: flag })).name).toBe('flag')
  })

  it('may be JSON, with lines in its errors', async () => {
    const path = file(
      'config.json',
      '{\n "apiVersion": "node-doctor.io/v1alpha1",\n "kind": "X",\n "metadata": {"name": "a"}\n}',
    )
    await expect(load({ file: path })).rejects.toThrow(
      `${path}:3:2: kind: "X" is not valid; expected "NodeDoctorConfig"`,
    )
  })

  it('has to be there when it is named', async () => {
    const env = { NODE_DOCTOR_CONFIG: join(folder, 'absent.yaml') }
    await expect(load({ env })).rejects.toThrow(ConfigErrors)
    await expect(load({ env })).rejects.toMatchObject({ code: 'CONFIG_INVALID', cause: { code: 'ENOENT' } })
  })
})

describe('layers', () => {
  const text = `${HEAD}settings:\n  logLevel: warn\n`

  it('lie one over the other: default, file, environment, flag', () => {
    const env = { NODE_DOCTOR_LOG_LEVEL: 'error' }
    const flags = [{ key: 'settings.logLevel', value: 'debug', flag: '--log-level=debug' }]
    const levels = [parse(HEAD), parse(text), parse(text, { env }), parse(text, { env, flags })]
    expect(levels.map((config) => [config.settings.logLevel, originOf(config, 'settings.logLevel')])).toEqual([
      ['info', 'default'],
      ['warn', 'config.yaml, line 6'],
      ['error', 'environment, NODE_DOCTOR_LOG_LEVEL'],
      ['debug', 'flag, --log-level=debug'],
    ])
  })

  it('have one interval for all checks that name none, but for those that are made to run seldom', () => {
    const of = (updateInterval: string) => {
      const checks =
        '[{ name: a, type: system-cpu }, { name: b, type: kubernetes-certificates }, { name: c, type: system-clock, interval: 7s }]'
      const { monitors } = parse(
        `${HEAD}defaultMonitors: []\nsettings: { updateInterval: ${updateInterval} }\nmonitors: ${checks}\n`,
      )
      return monitors.map(({ intervalMs }) => intervalMs / 1000)
    }
    expect(of('10s')).toEqual([10, 3600, 7])
    expect(of('2h')).toEqual([7200, 7200, 7])
  })

  it('count what nobody set', () => {
    const before = parse(HEAD).settingsInForce.defaults
    expect(parse(text).settingsInForce.defaults).toBe(before - 1)
  })

  it('have the checks of the embedded default beside those of the file, unless it wants none of them', () => {
    const names = (config: NodeDoctorConfig) => config.monitors.map(({ name }) => name)
    const all = ADDED_BY_DEFAULT.flatMap((monitor) => (DEFAULT_CHECKS[monitor] ?? []).map(({ name }) => name))
    expect(all.slice(0, 3)).toEqual(['cpu', 'memory', 'disk'])
    expect(names(parse(HEAD))).toEqual(all)
    expect(names(parse(`${HEAD}monitors:\n  - { name: load, type: system-cpu }\n`))).toEqual(['load', ...all.slice(1)])
    expect(names(parse(`${HEAD}monitors: []\n`))).toEqual(all)
    expect(names(parse(`${HEAD}monitors: []\ndefaultMonitors: []\n`))).toEqual([])
    expect(names(parse(`${HEAD}monitors:\n`))).toEqual(all)
  })

  it('have conditions that always stand on the node of checks that there are', () => {
    const known = new Set(CATALOG.checks.flatMap(({ conditions }) => conditions.map(({ type }) => type)))
    const { always } = parse(HEAD).exporters.kubernetes.conditions
    expect(always.filter((type) => !known.has(type))).toEqual([])
    expect(always).toContain('GPUHealthy')
  })

  it('serve every check of the embedded default, and ask for nothing that is missing', () => {
    const { monitors, missing } = parse(HEAD)
    expect(monitors.filter(({ monitor }) => monitor === '')).toEqual([])
    expect(missing).toEqual([])
  })
})

describe('the environment', () => {
  it('adds to a list what is not in it', () => {
    const expectOf = (more: string, value: string) =>
      parse(HEAD + more, { env: { NODE_DOCTOR_ADD__detector__expect: value } }).detector.expect
    expect(expectOf('', 'gpu')).toEqual(['gpu'])
    expect(expectOf('detector: { expect: [system] }\n', 'gpu')).toEqual(['system', 'gpu'])
    expect(expectOf('detector: { expect: [gpu, system] }\n', '[log, gpu]')).toEqual(['gpu', 'system', 'log'])
    const { exporters } = parse(HEAD, { env: { NODE_DOCTOR_ADD__exporters__kubernetes__conditions__always: 'Fan' } })
    expect(exporters.kubernetes.conditions.always).toEqual(expect.arrayContaining(['DiskFull', 'GPUHealthy', 'Fan']))
  })

  it('adds after what sets the same list, and to nothing that is none', () => {
    const env = { NODE_DOCTOR_SET__detector__expect: '[log]', NODE_DOCTOR_ADD__detector__expect: 'gpu' }
    expect(parse(HEAD, { env }).detector.expect).toEqual(['log', 'gpu'])
    const monitors = parse(HEAD, {
      env: { NODE_DOCTOR_ADD__monitors: '[{ name: mine, type: kubernetes-certificates }]' },
      flags: [{ key: 'monitors.mine.interval', value: '2h', flag: '--set monitors.mine.interval=2h' }],
    }).monitors
    expect(monitors.find(({ name }) => name === 'mine')?.intervalMs).toBe(7_200_000)
    expect(() => parse(HEAD, { env: { NODE_DOCTOR_ADD__settings__logLevel: 'debug' } })).toThrow(
      'NODE_DOCTOR_ADD__settings__logLevel: it is no list, to which something could be added; set it',
    )
    expect(() => parse(HEAD, { env: { NODE_DOCTOR_ADD__detector__monitorDirs: '/x' } })).toThrow(
      'NODE_DOCTOR_ADD__detector__monitorDirs: it is not written, and nothing can be added to what it is then; set it as a whole',
    )
  })

  it.each([
    ['NODE_NAME', 'worker-1', 'settings.nodeName'],
    ['NODE_DOCTOR_RUN_DIR', '/run/other', 'settings.runDir'],
    ['NODE_DOCTOR_STATE_DIR', '/srv/other', 'settings.stateDir'],
    ['NODE_DOCTOR_HOST_ROOT', '/host', 'settings.hostRoot'],
    ['NODE_DOCTOR_LOG_LEVEL', 'error', 'settings.logLevel'],
    ['NODE_DOCTOR_LOG_FORMAT', 'pretty', 'settings.logFormat'],
    ['NODE_DOCTOR_BUS_URL', 'nats://nats:4222', 'bus.url'],
  ])('sets by %s', (name, value, key) => {
    const config = parse(HEAD, { env: { [name]: value } })
    const [section = '', leaf = ''] = key.split('.')
    expect((config as unknown as Record<string, Record<string, unknown>>)[section]?.[leaf]).toBe(value)
    expect(originOf(config, key)).toBe(`environment, ${name}`)
  })

  it.each([
    ['NODE_DOCTOR_SET__exporters__http__hostPort', '8081'],
    ['NODE_DOCTOR_SET__EXPORTERS__HTTP__HOSTPORT', '8081'],
  ])('sets any key by %s', (name, value) => {
    expect(parse(HEAD, { env: { [name]: value } }).exporters.http.hostPort).toBe(8081)
  })

  it('names a check in capitals and with _ for -', () => {
    const text = `${HEAD}defaultMonitors: []\nmonitors:\n  - { name: disk-space, type: disk-health-check }\n`
    const env = {
      NODE_DOCTOR_SET__MONITORS__DISK_SPACE__INTERVAL: '2m',
      NODE_DOCTOR_SET__MONITORS__DISK_SPACE__CONFIG__WARNINGTHRESHOLD: '70',
    }
    expect(parse(text, { env }).monitors).toMatchObject([{ intervalMs: 120_000, config: { warningThreshold: 70 } }])
  })

  it('sets nothing by an empty variable, nor by those that Kubernetes makes for a service', () => {
    const env = { NODE_NAME: '', NODE_DOCTOR_PORT: 'tcp://10.0.0.1:8080', NODE_DOCTOR_SERVICE_HOST: '10.0.0.1' }
    expect(parse(HEAD, { env }).settingsInForce.set).toEqual(parse(HEAD).settingsInForce.set)
  })
})

describe('flags', () => {
  const flagged = (...pairs: string[]) => parse(HEAD, { flags: pairs.map(set) })

  it('reach an item of a list by its name and by its place', () => {
    const { monitors } = flagged('monitors.cpu.interval=5s', 'monitors[1].enabled=false')
    expect(monitors[0]).toMatchObject({ name: 'cpu', intervalMs: 5000 })
    expect(monitors[1]).toMatchObject({ name: 'memory', enabled: false })
  })

  it('set lists and maps in one line', () => {
    const config = flagged('detector.monitorDirs=["/a", "/b"]', 'plugins=[{name: gpu, socketAddress: /run/gpu.sock}]')
    expect(config.detector.monitorDirs).toEqual(['/a', '/b'])
    expect(config.plugins).toMatchObject([{ name: 'gpu', socketPath: '/run/gpu.sock' }])
  })

  it('make what is not there yet', () => {
    const [cpu] = flagged(
      'monitors.cpu.remediation.strategy=systemd-restart',
      'monitors.cpu.remediation.service=a',
    ).monitors
    expect(cpu?.remediation).toMatchObject({ strategy: 'systemd-restart', service: 'a' })
  })

  it('take a text as it is where a text is wanted', () => {
    expect(flagged('settings.nodeName=12').settings.nodeName).toBe('12')
  })

  it('take the last of two', () => {
    expect(flagged('bus.port=1', 'bus.port=2').bus.port).toBe(2)
  })

  it('go over another name of the same key', () => {
    const text = `${HEAD}plugins:\n  - { name: gpu, socketPath: /run/a.sock }\n`
    const config = parse(text, { flags: [set('plugins.gpu.socketAddress=/run/b.sock')] })
    expect(config.plugins[0]?.socketPath).toBe('/run/b.sock')
  })

  it('reach the keys of a check that nobody serves yet', () => {
    const text = `${HEAD}monitors:\n  - { name: api, type: acme-health-check }\n`
    const config = parse(text, { flags: [set('monitors.api.config.url=http://x')] })
    expect(config.monitors[0]?.config).toEqual({ url: 'http://x' })
  })
})

describe('defaults that depend on where a process runs', () => {
  const user = { root: false, terminal: true, home: '/home/ann', hostName: 'Laptop.local' }

  it('keep to the user’s own folders without root', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/1000' }
    expect(parse(HEAD, { env, surroundings: user }).settings).toMatchObject({
      runDir: '/run/user/1000/node-doctor',
      stateDir: '/home/ann/.local/state/node-doctor',
      logFormat: 'pretty',
      nodeName: 'laptop.local',
    })
    expect(parse(HEAD, { surroundings: user }).settings.runDir).toBe('/home/ann/.local/state/node-doctor/run')
  })

  it('are the system’s folders for root', () => {
    expect(parse(HEAD).settings).toMatchObject({
      runDir: '/run/node-doctor',
      stateDir: '/var/lib/node-doctor',
      logFormat: 'json',
      nodeName: 'machine-1',
    })
    expect(parse(HEAD).detector.monitorDirs).toEqual(['/run/node-doctor/monitors', '/var/run/npd'])
  })
})

describe('the name of the node', () => {
  const text = `${HEAD}settings:\n  nodeName: "\${NODE_NAME}"\n`

  it('is NODE_NAME', () => {
    const config = parse(text, { env: { NODE_NAME: 'worker-1' } })
    expect(config.settings.nodeName).toBe('worker-1')
    expect(config.notes).toEqual([])
  })

  it('is the host’s name, with a note, when NODE_NAME is not set', () => {
    const config = parse(text)
    expect(config.settings.nodeName).toBe('machine-1')
    expect(config.notes?.map((note) => note.text)).toEqual([
      'NODE_NAME is not set; the host’s name "machine-1" is used',
    ])
    expect(originOf(config, 'settings.nodeName')).toBe(
      'config.yaml, line 6; the host’s name, since NODE_NAME is not set',
    )
  })

  it('is the name in the host’s /etc/hostname where the host’s root is mounted', () => {
    const root = mkdtempSync(join(folder, 'root-'))
    const named = { flags: [set(`settings.hostRoot=${root}/`)] }
    expect(parse(text, named).settings).toMatchObject({ nodeName: 'machine-1', hostRoot: root })
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'etc/hostname'), 'Node-17\n')
    expect(parse(text, named).settings.nodeName).toBe('node-17')
    expect(parse(`${HEAD}settings: { hostRoot: ${root} }\n`).settings.nodeName).toBe('node-17')
  })

  it('is NODE_NAME over another name in the file, with a note', () => {
    const config = parse(`${HEAD}settings:\n  nodeName: worker-9\n`, { env: { NODE_NAME: 'worker-1' } })
    expect(config.settings.nodeName).toBe('worker-1')
    expect(config.notes?.map((note) => note.text)).toEqual([
      '"worker-9" (config.yaml, line 6) is overridden by NODE_NAME',
    ])
  })
})
