import { describe, expect, it } from 'vitest'
import { CATALOG, type Catalog, type CatalogCheck } from '../catalog.ts'
import { ConfigErrors } from '../errors.ts'
import { parseConfig } from '../load.ts'
import { HEAD, parse, ROOT_SERVER } from '../testing.ts'

const RULES = {
  type: 'array',
  default: [],
  items: { type: 'object', properties: { condition: { type: 'string' } }, additionalProperties: false },
} as const

function checkOf(type: string, monitor: string, more: Partial<CatalogCheck>): CatalogCheck {
  return {
    type,
    aliases: [],
    monitor,
    description: '',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    schema: { type: 'object', properties: { rules: RULES }, additionalProperties: false },
    conditions: [],
    events: [],
    metrics: [],
    typesFrom: ['rules[].condition'],
    ...more,
  }
}

const [someCondition] = CATALOG.checks.flatMap(({ conditions }) => conditions)
const system = CATALOG.monitors.find(({ name }) => name === 'system')
const catalog: Catalog = {
  monitors: [system!, { name: 'log', description: '' }, { name: 'plugin', description: '' }],
  checks: [
    // The log monitor is one of these tests' own.
    ...CATALOG.checks.filter(({ monitor }) => monitor !== 'log'),
    checkOf('log-rules', 'log', { instances: 'many' }),
    checkOf('plugin-rules', 'plugin', { conditions: [{ ...someCondition!, type: 'DriverFailed', shared: true }] }),
    checkOf('log-driver', 'log', { conditions: [{ ...someCondition!, type: 'DriverFailed', shared: true }] }),
  ],
}

function configOf(monitors: string, more = '') {
  return parseConfig(`${HEAD}defaultMonitors: []\nmonitors:\n${monitors}${more}`, 'config.yaml', {
    env: {},
    flags: [],
    surroundings: ROOT_SERVER,
    catalog,
  })
}

function faultsOf(monitors: string, more = ''): readonly string[] {
  try {
    configOf(monitors, more)
  } catch (err) {
    if (err instanceof ConfigErrors) return err.problems.map(({ path, text }) => `${path}: ${text}`)
    throw err
  }
  return []
}

function entry(name: string, type: string, ...conditions: readonly string[]): string {
  const rules = conditions.map((condition) => `{ condition: ${condition} }`).join(', ')
  return `  - name: ${name}\n    type: ${type}\n    config: { rules: [${rules}] }\n`
}

const ownersIn = (monitors: string) =>
  Object.fromEntries(
    configOf(monitors).catalog.map(({ monitor, conditionTypes, sharedTypes }) => [
      monitor,
      { alone: conditionTypes, shared: sharedTypes },
    ]),
  )

describe('whose a condition type is', () => {
  it('follows from the checks that are configured, and from what their keys name', () => {
    const owners = ownersIn(entry('a', 'log-rules', 'KernelOops', 'TaskHung') + entry('b', 'log-rules', 'TaskHung'))
    expect(owners).toEqual({
      system: { alone: [], shared: [] },
      log: { alone: ['KernelOops', 'TaskHung'], shared: [] },
      plugin: { alone: [], shared: [] },
    })
  })

  it('is nobody’s where its check is not configured, or switched off', () => {
    const off = `${entry('a', 'log-rules', 'KernelOops')}    enabled: false\n`
    const { system: ours, log } = ownersIn(`${off}  - name: cpu\n    type: system-cpu\n`)
    expect(log).toEqual({ alone: [], shared: [] })
    expect(ours?.alone).toContain('CPUPressure')
    expect(ours?.alone).not.toContain('DiskFull')
  })

  it('is nobody’s alone where several monitors name it, or it is declared shared', () => {
    const monitors =
      entry('a', 'log-rules', 'NtpDown', 'KernelOops') +
      entry('b', 'plugin-rules', 'NtpDown') +
      entry('c', 'log-driver')
    expect(ownersIn(monitors)).toMatchObject({
      log: { alone: ['KernelOops'], shared: ['DriverFailed', 'NtpDown'] },
      plugin: { alone: [], shared: ['DriverFailed', 'NtpDown'] },
    })
  })
})

describe('a condition type that keys name', () => {
  it.each([
    [
      'belongs to a running check of ours',
      `${entry('a', 'log-rules', 'CPUPressure')}  - name: cpu\n    type: system-cpu\n`,
      [
        'monitors[0].config.rules: condition type "CPUPressure" belongs to check type "system-cpu"; expected another name',
      ],
    ],
    [
      'belongs to the detector',
      entry('a', 'log-rules', 'MonitorUnreachable'),
      ['monitors[0].config.rules: condition type "MonitorUnreachable" belongs to the detector; expected another name'],
    ],
    [
      'is the kubelet’s',
      entry('a', 'log-rules', 'Ready'),
      [
        'monitors[0].config.rules: condition type "Ready" on the node is the kubelet\'s; write exporters.kubernetes.conditionTypes: { Ready: NodeDoctorReady }, or conditionPrefix: NodeDoctor',
      ],
    ],
    [
      'is no name',
      entry('a', 'log-rules', 'kernel oops'),
      ['monitors[0].config.rules: "kernel oops" is no condition type; expected a name in CamelCase, such as DiskFull'],
    ],
  ])('that %s is a fault', (_what, monitors, faults) => {
    expect(faultsOf(monitors, 'exporters: { kubernetes: { enabled: true } }\n')).toEqual(faults)
  })

  it('may be one of a check that is not configured', () => {
    expect(faultsOf(entry('a', 'log-rules', 'PressureOfNothing'))).toEqual([])
    expect(ownersIn(entry('a', 'log-rules', 'DriverFailed'))['log']?.alone).toEqual(['DriverFailed'])
  })

  it('is known to who maps types to the node’s', () => {
    const mapped = 'exporters:\n  kubernetes:\n    conditionTypes: { KernelOops: KernelBroken }\n'
    const { notes = [] } = configOf(entry('a', 'log-rules', 'KernelOops'), mapped)
    expect(notes.map(({ text }) => text).join()).not.toContain('KernelOops')
  })
})

describe('several checks of one type', () => {
  it('are told apart by name where there may be many', () => {
    expect(faultsOf(entry('a', 'log-rules', 'KernelOops') + entry('b', 'log-rules', 'KernelOops'))).toEqual([])
  })

  it('are one too many where there is one', () => {
    expect(faultsOf(entry('a', 'plugin-rules') + entry('b', 'plugin-rules'))).toEqual([
      'monitors[1].type: "a" is of type "plugin-rules" too and looks at the same; expected one check of it',
    ])
  })
})

describe('a check that runs on some machines only', () => {
  const ownersOf = (text: string, monitor: string) =>
    parse(`${HEAD}${text}`).catalog.find((one) => one.monitor === monitor)?.sharedTypes ?? []

  it('keeps nobody else from its types, written or not, unless its monitor is expected', () => {
    expect(ownersOf('', 'gpu')).toEqual([])
    expect(ownersOf('detector: { expect: [gpu] }\n', 'gpu')).toContain('GPUHealthy')
    const written = 'monitors: [{ name: gpus, type: gpu-health-check, config: { temperatureThreshold: 80 } }]\n'
    expect(ownersOf(written, 'gpu')).toEqual([])
    expect(ownersOf(`detector: { expect: [gpu] }\n${written}`, 'gpu')).toContain('GPUHealthy')
  })

  it('speaks beside those who are certain', () => {
    expect(ownersOf('', 'system')).not.toContain('GPUDriverFailed')
    expect(ownersOf('detector: { expect: [gpu] }\n', 'system')).toContain('GPUDriverFailed')
  })
})
