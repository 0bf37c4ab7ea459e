import { describe, expect, it } from 'vitest'
import { npdTold } from './npd-told.ts'
import { HEAD, parse } from './testing.ts'
import type { MonitorEntry, NpdFile } from './types.ts'

function entry(type: string, config: Record<string, unknown>, changes: Partial<MonitorEntry> = {}): MonitorEntry {
  return {
    name: type,
    type,
    enabled: true,
    when: 'always',
    intervalMs: 30_000,
    timeoutMs: 5000,
    config,
    dependsOn: [],
    explainedBy: [],
    monitor: 'log',
    origin: { layer: 'file', text: '' },
    ...changes,
  }
}

const CONDITIONS = [
  { type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: '' },
  { type: 'ReadonlyFilesystem', reason: 'FilesystemIsNotReadOnly', message: '' },
]

const origin = { layer: 'file', text: '' } as const

/** What such checks tell, and such files and plug-ins beside them. */
function toldOf(monitors: readonly MonitorEntry[], files: readonly NpdFile[] = [], plugins = '[]') {
  return npdTold({ monitors, npd: { files }, plugins: parse(`${HEAD}plugins: ${plugins}\n`).plugins })
}

describe('what files of node-problem-detector say together', () => {
  it('is every type once, who each file’s events are from, and the metrics by the names they have there', () => {
    const stats = {
      cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'cpu/load_1m' }, 'cpu/x': { displayName: '' } } },
    }
    const told = toldOf([
      entry('npd-log', { source: 'kernel-monitor', conditions: CONDITIONS }),
      entry('npd-log', { conditions: CONDITIONS.slice(1) }, { name: 'readonly' }),
      entry('npd-plugin', { source: 'off', conditions: [{ type: 'Off' }] }, { enabled: false }),
      entry('npd-stats', stats, { monitor: 'system' }),
      entry('disk-health-check', { conditions: [{ type: 'Mine' }] }),
    ])
    expect(told).toEqual({
      files: [
        { monitor: 'log', check: 'npd-log', source: 'kernel-monitor' },
        { monitor: 'log', check: 'readonly', source: '' },
      ],
      outside: [],
      types: ['KernelDeadlock', 'ReadonlyFilesystem'],
      monitors: ['log', 'system'],
      metrics: ['problem_counter', 'problem_gauge', 'cpu_load_1m'],
    })
  })

  it('is the types of monitors outside too, which have no metrics there', () => {
    const file = (kind: NpdFile['kind'], entry: string) => ({ path: '', kind, entry, faults: [], warnings: [], origin })
    const files = [file('external', 'gpu-monitor'), file('external', ''), file('log', 'own')]
    const plugin = (name: string, type: string) =>
      `{ name: ${name}, socketAddress: /run/${name}.sock, conditions: [{ type: ${type} }] }`
    const told = toldOf([], files, `[${plugin('gpu-monitor', 'GPUHealthy')}, ${plugin('own', 'Own')}]`)
    expect(told).toEqual({ files: [], outside: ['gpu-monitor'], types: ['GPUHealthy'], monitors: [], metrics: [] })
  })

  it('has no metrics of problems where no file reports them', () => {
    expect(toldOf([entry('npd-log', { metricsReporting: false, conditions: 'x' })])).toMatchObject({
      types: [],
      metrics: [],
    })
  })

  it('names a metric as its check does', () => {
    const stats = { cpu: { metricsConfigs: { a: { displayName: 'cpu/usage--time' }, b: { displayName: 'größe' } } } }
    expect(toldOf([entry('npd-stats', stats)]).metrics).toEqual(['cpu_usage_time', 'gr__e'])
  })
})
