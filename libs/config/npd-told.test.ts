import { describe, expect, it } from 'vitest'
import { npdTold } from './npd-told.ts'
import type { MonitorEntry } from './types.ts'

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

describe('what files of node-problem-detector say together', () => {
  it('is every type once, who each file’s events are from, and the metrics by the names they have there', () => {
    const stats = {
      cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'cpu/load_1m' }, 'cpu/x': { displayName: '' } } },
    }
    const told = npdTold([
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
      types: ['KernelDeadlock', 'ReadonlyFilesystem'],
      monitors: ['log', 'system'],
      metrics: ['problem_counter', 'problem_gauge', 'cpu_load_1m'],
    })
  })

  it('has no metrics of problems where no file reports them', () => {
    expect(npdTold([entry('npd-log', { metricsReporting: false, conditions: 'x' })])).toMatchObject({
      types: [],
      metrics: [],
    })
  })

  it('names a metric as its check does', () => {
    const stats = { cpu: { metricsConfigs: { a: { displayName: 'cpu/usage--time' }, b: { displayName: 'größe' } } } }
    expect(npdTold([entry('npd-stats', stats)]).metrics).toEqual(['cpu_usage_time', 'gr__e'])
  })
})
