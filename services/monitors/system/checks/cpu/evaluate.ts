/** What a reading of the processors says. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  extendStreak,
  growth,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  plural,
  type Reading,
  type Streak,
  unknownFinding,
  type Verdict,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { CpuReading, CpuStat, CpuTimes } from './source.ts'

/** What one check keeps for the next. */
export interface CpuMemory {
  readonly load: Streak
  readonly times?: CpuTimes | undefined
  readonly throttles?: number | undefined
  readonly throttled: Streak
}

export const FIRST_CPU: CpuMemory = { load: NO_STREAK, throttled: NO_STREAK }

export interface CpuVerdict {
  readonly memory: CpuMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

interface LoadVerdict {
  readonly streak: Streak
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

function judgeLoad(load: Reading<number>, stat: Reading<CpuStat>, config: Config, before: Streak): LoadVerdict {
  if (!load.ok || !stat.ok) {
    const why = load.ok ? (stat as Exclude<typeof stat, { ok: true }>) : load
    return { streak: NO_STREAK, finding: unknownFinding('CPUPressure', why), metrics: [] }
  }
  const perCore = load.value / stat.value.cores
  const limits = { warning: config.warningLoadFactor, critical: config.criticalLoadFactor }
  const level = levelOf(perCore, limits)
  const streak = extendStreak(before, level)
  const value = perCore.toFixed(2)
  const verdict = judgeStreak(streak, config.sustainedHighLoadChecks)
  const finding = judgedFinding({
    type: 'CPUPressure',
    verdict,
    healthyReason: 'NormalLoad',
    message: `load ${value} per core, limit ${namedLimit(verdict, limits, level).toFixed(2)}${lasting(verdict, streak, config.sustainedHighLoadChecks)}`,
    summary: `the processors are overloaded: ${value} tasks per core`,
    evidence: {
      value: Number(value),
      unit: '',
      ...limits,
      lowIsBad: false,
      label: 'load per core',
      detail: `Load ${load.value.toFixed(2)} on ${plural(stat.value.cores, 'core')}.`,
      metric: 'cpu_load_per_core',
    },
  })
  return { streak, finding, metrics: [{ name: 'cpu_load_per_core', labels: {}, value: perCore }] }
}

/** Shares of the time since the last check. */
function timeShares(before: CpuTimes | undefined, now: CpuTimes): readonly MetricSample[] {
  if (before === undefined) return []
  const modes = ['user', 'system', 'iowait', 'steal', 'idle'] as const
  const spent = modes.map((mode) => growth(before[mode], now[mode]) ?? 0)
  const total = spent.reduce((sum, ticks) => sum + ticks, 0)
  if (total === 0) return []
  return modes
    .map((mode, index) => ({ name: 'cpu_time_ratio', labels: { mode }, value: spent[index]! / total }))
    .filter(({ labels }) => labels.mode !== 'idle')
}

interface HeatVerdict {
  readonly throttles?: number | undefined
  readonly throttled: Streak
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

function inChecks(verdict: Verdict, { warning }: Streak, { sustainedThrottledChecks }: Config): string {
  return verdict === 'pending' ? ` (in ${warning} of ${sustainedThrottledChecks} checks in a row)` : ''
}

function judgeHeat(reading: CpuReading['throttles'], config: Config, before: CpuMemory): HeatVerdict {
  const type = 'CPUThermalThrottled'
  if (!reading.ok) return { throttled: NO_STREAK, findings: [unknownFinding(type, reading)], metrics: [] }
  const now = reading.value
  // Virtual machines and most ARM processors have no such counters: there is nothing to watch.
  if (now === undefined) return { throttled: NO_STREAK, findings: [], metrics: [] }
  const metrics = [{ name: 'cpu_throttles_total', labels: {}, value: now }]
  const times = growth(before.throttles, now)
  if (times === undefined) {
    const message = `slowed down by heat ${plural(now, 'time')} since boot; whether that goes on shows at the next check`
    const finding: Finding = { type, health: 'healthy', pending: true, reason: 'FirstLook', message }
    return { throttles: now, throttled: NO_STREAK, findings: [finding], metrics }
  }
  const throttled = extendStreak(before.throttled, times > 0 ? 'warning' : 'ok')
  const verdict = judgeStreak(throttled, config.sustainedThrottledChecks)
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'NotThrottled',
    warningReason: 'ThermalThrottling',
    message:
      times > 0
        ? `slowed down by heat ${plural(times, 'time')} since the last check${inChecks(verdict, throttled, config)}`
        : 'not slowed down by heat',
    summary: 'the processors are too hot and slow down',
    evidence: {
      value: times,
      unit: '',
      warning: 1,
      lowIsBad: false,
      label: 'times slowed down since the last check',
      detail: `${plural(now, 'time')} since boot.`,
      metric: '',
    },
  })
  return { throttles: now, throttled, findings: [finding], metrics }
}

export function evaluateCpu(reading: CpuReading, config: Config, memory: CpuMemory): CpuVerdict {
  const load = judgeLoad(reading.load, reading.stat, config, memory.load)
  const heat = judgeHeat(reading.throttles, config, memory)
  const times = reading.stat.ok ? reading.stat.value.times : undefined
  return {
    memory: { load: load.streak, times, throttles: heat.throttles, throttled: heat.throttled },
    findings: [load.finding, ...heat.findings],
    metrics: [...load.metrics, ...(times === undefined ? [] : timeShares(memory.times, times)), ...heat.metrics],
  }
}

/** A person's word: what must last is counted anew. */
export function clearCpu(memory: CpuMemory, { type }: ConditionKey): CpuMemory {
  if (type === 'CPUPressure') return { ...memory, load: NO_STREAK }
  return type === 'CPUThermalThrottled' ? { ...memory, throttled: NO_STREAK } : memory
}
