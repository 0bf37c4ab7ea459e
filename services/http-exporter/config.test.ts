import { expect, test } from 'vitest'
import { type MonitorEntry, type NodeDoctorConfig, parseConfig } from '#config'
import { httpExporterConfig } from './config.ts'

const TEXT =
  'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\nsettings: { nodeName: worker-7 }\n'
const FILE = { conditions: [{ type: 'KernelDeadlock', reason: 'None', message: '' }], source: 'kernel-monitor' }

const ENTRY: MonitorEntry = {
  name: 'kernel-monitor',
  type: 'npd-log',
  enabled: true,
  when: 'always',
  intervalMs: 30_000,
  timeoutMs: 5000,
  config: FILE,
  dependsOn: [],
  explainedBy: [],
  monitor: 'log',
  origin: { layer: 'file', text: '' },
}

test('keys without an effect are shown, whatever else is said of keys', () => {
  const where = { layer: 'file', text: 'config.yaml, line 9' } as const
  const config: NodeDoctorConfig = {
    ...configOf(true),
    notes: [
      { key: 'settings.nodeName', text: 'is the host’s', origin: where },
      { key: 'a.b', text: 'is read as "c"', origin: where, dialect: { status: 'renamed', where: 'config.yaml:9:3' } },
      {
        key: 'd',
        text: 'has no effect: e; f',
        origin: where,
        dialect: { status: 'refused', where: 'config.yaml:9:3' },
      },
    ],
  }
  expect(httpExporterConfig(config).refused).toEqual([
    { key: 'd', text: 'has no effect: e; f', origin: 'config.yaml, line 9' },
  ])
})

/** As though it had been given a file, and been told whether conditions are written. */
function configOf(enabled: boolean): NodeDoctorConfig {
  const config = parseConfig(TEXT, '/etc/node-doctor/config.yaml', { env: {}, flags: [] })
  const { kubernetes } = config.exporters
  return {
    ...config,
    monitors: [ENTRY],
    exporters: {
      ...config.exporters,
      kubernetes: { ...kubernetes, conditions: { ...kubernetes.conditions, enabled } },
    },
  }
}

test('conditions that are written nowhere are shown at no port of node-problem-detector; metrics are', () => {
  expect(httpExporterConfig(configOf(true)).npdTold.types).toEqual(['KernelDeadlock'])
  expect(httpExporterConfig(configOf(false)).npdTold).toMatchObject({
    types: [],
    metrics: ['problem_counter', 'problem_gauge'],
  })
})
