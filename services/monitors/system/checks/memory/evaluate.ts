/** What a reading of the memory says. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import {
  bytes,
  extendStreak,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  percent,
  percentValue,
  type Streak,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { FIRST_KILLS, type KillsMemory, killings } from './killings.ts'
import type { Killed } from './oom.ts'
import type { MemoryReading, MemoryState } from './source.ts'

const GIB = 1_073_741_824

/** What one check keeps for the next. */
export interface MemoryMemory {
  readonly low: Streak
  readonly swap: Streak
  readonly kills: KillsMemory
}

export const FIRST_MEMORY: MemoryMemory = { low: NO_STREAK, swap: NO_STREAK, kills: FIRST_KILLS }

export interface MemoryVerdict {
  readonly memory: MemoryMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
}

function gib(value: number): number {
  return Math.round((value / GIB) * 100) / 100
}

function lowFinding(state: MemoryState, streak: Streak, config: Config): Finding {
  const { warningThreshold: warning, criticalThreshold: critical } = config
  const verdict = judgeStreak(streak, config.sustainedHighMemoryChecks)
  const left = (usedPercent: number): number => state.total * (1 - usedPercent / 100)
  const usedRatio = 1 - state.available / state.total
  const used = percent(usedRatio)
  const level = levelOf(usedRatio * 100, { warning, critical })
  const limit = bytes(left(namedLimit(verdict, { warning, critical }, level)))
  return judgedFinding({
    type: 'MemoryLow',
    verdict,
    healthyReason: 'EnoughMemory',
    message: `${bytes(state.available)} of ${bytes(state.total)} available, limit ${limit}${lasting(verdict, streak, config.sustainedHighMemoryChecks)}`,
    summary: `only ${bytes(state.available)} of memory left`,
    evidence: {
      value: gib(state.available),
      unit: 'GiB',
      warning: gib(left(warning)),
      critical: gib(left(critical)),
      lowIsBad: true,
      label: 'available',
      detail: `${used} of ${bytes(state.total)} in use.`,
      metric: 'memory_available_bytes',
    },
  })
}

function swapFinding(state: MemoryState, streak: Streak, config: Config): Finding {
  if (state.swapTotal === 0)
    return { type: 'SwapHigh', health: 'healthy', reason: 'NoSwap', message: 'no swap is set up' }
  const limits = { warning: config.swapWarningThreshold, critical: config.swapCriticalThreshold }
  const verdict = judgeStreak(streak, config.sustainedHighMemoryChecks)
  const used = 1 - state.swapFree / state.swapTotal
  return judgedFinding({
    type: 'SwapHigh',
    verdict,
    healthyReason: 'EnoughSwap',
    message: `${percent(used)} of ${bytes(state.swapTotal)} swap used, limit ${short(namedLimit(verdict, limits, levelOf(used * 100, limits)))} %${lasting(verdict, streak, config.sustainedHighMemoryChecks)}`,
    summary: `swap is ${percent(used, 0)} full`,
    evidence: {
      value: percentValue(used),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of swap used',
      detail: `${bytes(state.swapFree)} of ${bytes(state.swapTotal)} swap free.`,
      metric: 'swap_used_ratio',
    },
  })
}

function judgeMemory(reading: MemoryReading['memory'], config: Config, before: MemoryMemory) {
  if (!reading.ok) {
    const findings = [unknownFinding('MemoryLow', reading), unknownFinding('SwapHigh', reading)]
    return { low: NO_STREAK, swap: NO_STREAK, findings, metrics: [] }
  }
  const state = reading.value
  const usedRatio = 1 - state.available / state.total
  const swapRatio = state.swapTotal === 0 ? 0 : 1 - state.swapFree / state.swapTotal
  const low = extendStreak(
    before.low,
    levelOf(usedRatio * 100, { warning: config.warningThreshold, critical: config.criticalThreshold }),
  )
  const swapLimits = { warning: config.swapWarningThreshold, critical: config.swapCriticalThreshold }
  const swap = state.swapTotal === 0 ? NO_STREAK : extendStreak(before.swap, levelOf(swapRatio * 100, swapLimits))
  const metrics: MetricSample[] = [
    { name: 'memory_available_bytes', labels: {}, value: state.available },
    { name: 'memory_size_bytes', labels: {}, value: state.total },
    { name: 'swap_used_ratio', labels: {}, value: swapRatio },
  ]
  return { low, swap, findings: [lowFinding(state, low, config), swapFinding(state, swap, config)], metrics }
}

export function evaluateMemory(
  reading: MemoryReading,
  config: Config,
  memory: MemoryMemory,
  now: { readonly monoMs: number; readonly killed?: Killed | undefined },
): MemoryVerdict {
  const { low, swap, findings, metrics } = judgeMemory(reading.memory, config, memory)
  const total = reading.oomKills.ok ? reading.oomKills.value : undefined
  const { killed, monoMs } = now
  return {
    // A reading that failed does not forget: what happened meanwhile is told at the next one.
    memory: {
      low,
      swap,
      kills: total === undefined ? memory.kills : { total, groups: killed?.groups ?? memory.kills.groups, monoMs },
    },
    findings,
    events: total === undefined || !config.checkOOMKills ? [] : killings(memory.kills, total, killed),
    metrics: total === undefined ? metrics : [...metrics, { name: 'oom_kills_total', labels: {}, value: total }],
  }
}

/** A person's word: what must last is counted anew. */
export function clearMemory(memory: MemoryMemory, { type }: ConditionKey): MemoryMemory {
  if (type === 'MemoryLow') return { ...memory, low: NO_STREAK }
  return type === 'SwapHigh' ? { ...memory, swap: NO_STREAK } : memory
}
