/** A monitor of two checks that do as they are told, for tests of the kit. */
import type { Observation, Report } from '#model'
import { defineCheck, defineMonitor } from '../define.ts'
import type {
  CheckContext,
  CheckDefinition,
  CheckInstance,
  CheckResult,
  ConditionSpec,
  Finding,
  MonitorDefinition,
} from '../types.ts'

export type Behaviour = (context: CheckContext<unknown>) => CheckResult | Promise<CheckResult>

/** What a test changes while the monitor runs. */
export interface Script {
  disk: Behaviour
  cpu: Behaviour
}

export function healthy(type: string, entity = ''): Finding {
  return { type, entity, health: 'healthy', reason: 'BelowLimit', message: '12 % used' }
}

export function problem(type: string, entity = '', message = '96 % used'): Finding {
  return { type, entity, health: 'problem', severity: 'critical', reason: 'AboveLimit', message }
}

export function pending(type: string, entity = ''): Finding {
  return { type, entity, health: 'healthy', pending: true, reason: 'NotSustainedYet', message: '96 % used' }
}

export function wellScript(): Script {
  return {
    disk: () => ({ findings: [healthy('DiskFull', 'disk:/'), healthy('DiskSlow')] }),
    cpu: () => ({ findings: [healthy('CpuBusy')] }),
  }
}

/** A run that never ends and does not notice its signal. */
export const hangs: Behaviour = () => new Promise(() => undefined)

const words = { description: '', source: '', warning: '', critical: '', sustained: '' }
const well = { healthyReason: 'BelowLimit', healthyMessage: 'all well' }

/** A condition type about which nothing else matters. */
export function specOf(type: string): ConditionSpec {
  return { type, label: type, ...words, ...well }
}

export function checkOf(behaviour: Behaviour, more: Partial<CheckDefinition<unknown>> = {}): CheckDefinition<unknown> {
  return defineCheck<unknown>({
    type: 'disk-check',
    description: 'disks',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    conditions: [
      { type: 'DiskFull', label: '{entity} full', ...words, ...well },
      { type: 'DiskSlow', label: 'disk slow', ...words, ...well },
    ],
    create: () => async (context) => behaviour(context),
    ...more,
  })
}

export function scriptedMonitor(script: Script): MonitorDefinition {
  return defineMonitor({
    name: 'tiny',
    description: 'a tiny monitor',
    checks: [
      checkOf((context) => script.disk(context), {
        aliases: ['old-disk-check'],
        events: [{ reason: 'DiskReplaced', severity: 'info', description: 'A disk was replaced' }],
        metrics: [{ name: 'disk_used_ratio', help: 'Used', kind: 'gauge', unit: 'ratio', title: '{mount} used' }],
      }),
      checkOf((context) => script.cpu(context), {
        type: 'cpu-check',
        conditions: [{ type: 'CpuBusy', polarity: 'true-is-healthy', label: 'CPU', ...words, ...well }],
      }),
    ],
  })
}

export function instance(type = 'disk-check', more: Partial<CheckInstance> = {}): CheckInstance {
  return { name: type, type, intervalMs: 30_000, timeoutMs: 10_000, config: {}, dependsOn: [], ...more }
}

/** "DiskFull disk:/ problem AboveLimit" */
export function wordsOf({ type, entity, health, reason }: Observation): string {
  return [type, entity, health, reason].filter((word) => word !== '').join(' ')
}

export function emptyReport(more: Partial<Report> = {}): Omit<Report, 'incarnation' | 'sequence'> {
  return {
    time: new Date(0),
    observations: [],
    events: [],
    metrics: [],
    runs: [],
    withdrawn: [],
    complete: [],
    ...more,
  }
}
