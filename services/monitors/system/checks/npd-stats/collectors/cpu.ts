/** Load averages, and what /proc/stat counts. */
import type { Host } from '#host'
import { observe, understood } from '#monitor-kit/source'
import { type MetricId, statOf, type Value } from '../metrics.ts'
import { type KernelStat, parseLoads, parseStat, TICKS, type Ticks } from '../parse/stat.ts'
import { type Around, type Collected, type Collector, collected, isWanted, NOTHING, together } from './types.ts'

const LOADS: readonly MetricId[] = ['cpu/runnable_task_count', 'cpu/load_1m', 'cpu/load_5m', 'cpu/load_15m']
const COUNTS: readonly MetricId[] = [
  'system/processes_total',
  'system/procs_running',
  'system/procs_blocked',
  'system/interrupts_total',
  'system/cpu_stat',
]

/** Words for the same kinds of time, of cpu/usage_time and of system/cpu_stat. */
const STATES: readonly (readonly [keyof Ticks, state: string, stage: string])[] = [
  ['user', 'user', 'user'],
  ['system', 'system', 'system'],
  ['idle', 'idle', 'idle'],
  ['nice', 'nice', 'nice'],
  ['iowait', 'iowait', 'iowait'],
  ['irq', 'irq', 'iRQ'],
  ['softirq', 'softirq', 'softIRQ'],
  ['steal', 'steal', 'steal'],
  ['guest', 'guest', 'guest'],
  ['guestNice', 'guest_nice', 'guestNice'],
]

/** Averages of the load. */
export function loadValues([one, five, fifteen]: readonly [number, number, number]): readonly Value[] {
  return [
    statOf('cpu/runnable_task_count', one),
    statOf('cpu/load_1m', one),
    statOf('cpu/load_5m', five),
    statOf('cpu/load_15m', fifteen),
  ]
}

/** @param inTicks clock ticks instead of seconds (bug B3) */
export function usageValues({ total }: KernelStat, inTicks: boolean): readonly Value[] {
  return STATES.map(([kind, state]) => statOf('cpu/usage_time', inTicks ? total[kind] : total[kind] / TICKS, state))
}

/** What the kernel counts beside; what it does not say is left out. */
export function countValues(stat: KernelStat): readonly Value[] {
  const single: readonly (readonly [MetricId, number | undefined])[] = [
    ['system/processes_total', stat.forks],
    ['system/procs_running', stat.running],
    ['system/procs_blocked', stat.blocked],
    ['system/interrupts_total', stat.interrupts],
  ]
  const times = [...stat.processors].flatMap(([number, ticks]) =>
    STATES.map(([kind, , stage]) => statOf('system/cpu_stat', ticks[kind] / TICKS, `cpu${number}`, stage)),
  )
  return [...single.flatMap(([id, value]) => (value === undefined ? [] : [statOf(id, value)])), ...times]
}

async function readStat(host: Host, path: string): Promise<KernelStat> {
  const text = await host.files.readText(path)
  return understood(path, text, parseStat(text), 'cpu  24118 0 5898 1689630 620 0 213 79 0 0')
}

async function loads({ host, plan }: Around): Promise<Collected> {
  if (!isWanted(plan, LOADS)) return NOTHING
  const path = '/proc/loadavg'
  const reading = await observe(async () => {
    const text = await host.files.readText(path)
    return understood(path, text, parseLoads(text), '0.17 0.13 0.10 1/99 11608')
  })
  return collected(reading, loadValues)
}

/** The whole machine's time is read from /proc, the rest from where the file says. */
async function times({ host, plan }: Around): Promise<Collected> {
  if (!isWanted(plan, ['cpu/usage_time'])) return NOTHING
  return collected(await observe(() => readStat(host, '/proc/stat')), (stat) => usageValues(stat, plan.inTicks))
}

async function counts({ host, plan }: Around): Promise<Collected> {
  if (!isWanted(plan, COUNTS)) return NOTHING
  return collected(await observe(() => readStat(host, `${plan.procPath}/stat`)), countValues)
}

/** Collects the section "cpu". */
export function createCpuCollector(): Collector {
  return {
    section: 'cpu',
    collect: async (around) => together(await Promise.all([loads(around), times(around), counts(around)])),
  }
}
