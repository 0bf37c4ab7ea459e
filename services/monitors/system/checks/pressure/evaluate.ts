/** What the pressure figures say. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  type Limits,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Reading,
  type Streak,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type Pressure, type PressureReading, RESOURCES, type Resource } from './source.ts'

/** What one check keeps for the next. */
export type PressureMemory = Readonly<Record<Resource, Streak>>

export const FIRST_PRESSURE: PressureMemory = { cpu: NO_STREAK, memory: NO_STREAK, io: NO_STREAK }

export interface PressureVerdict {
  readonly memory: PressureMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

interface Meaning {
  readonly type: string
  /** Which figure is judged. Of the processors "full" is meaningless for a whole node: while one waits, another runs. */
  readonly kind: 'some' | 'full'
  readonly word: string
  limits(config: Config): Limits
}

const MEANINGS: Readonly<Record<Resource, Meaning>> = {
  cpu: {
    type: 'CPUPressureStall',
    kind: 'some',
    word: 'a processor',
    limits: (config) => ({ warning: config.cpuWarningThreshold, critical: config.cpuCriticalThreshold }),
  },
  memory: {
    type: 'MemoryPressureStall',
    kind: 'full',
    word: 'memory',
    limits: (config) => ({ warning: config.memoryWarningThreshold, critical: config.memoryCriticalThreshold }),
  },
  io: {
    type: 'IOPressureStall',
    kind: 'full',
    word: 'I/O',
    limits: (config) => ({ warning: config.ioWarningThreshold, critical: config.ioCriticalThreshold }),
  },
}

function metricsOf(resource: Resource, pressure: Pressure): readonly MetricSample[] {
  const waiting = { name: `pressure_${resource}_waiting_ratio`, labels: {}, value: pressure.some / 100 }
  if (resource === 'cpu') return [waiting]
  return [waiting, { name: `pressure_${resource}_stalled_ratio`, labels: {}, value: pressure.full / 100 }]
}

function judgePressure(resource: Resource, reading: Reading<Pressure>, config: Config, before: Streak) {
  const { type, kind, word, limits: limitsOf } = MEANINGS[resource]
  if (!reading.ok) return { streak: NO_STREAK, finding: unknownFinding(type, reading), metrics: [] }
  const { [kind]: value, some } = reading.value
  const limits = limitsOf(config)
  const level = levelOf(value, limits)
  const streak = extendStreak(before, level)
  const verdict = judgeStreak(streak, config.sustainedPressureChecks)
  const who = kind === 'some' ? 'some task' : 'every task'
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'LittleWaiting',
    message: `${who} waited for ${word} ${short(value)} % of the last minute, limit ${short(namedLimit(verdict, limits, level))} %${lasting(verdict, streak, config.sustainedPressureChecks)}`,
    summary: `${who} waits for ${word} ${short(value, 0)} % of the time`,
    evidence: {
      value,
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: `of the last minute waiting for ${word}`,
      detail: kind === 'full' ? `Some task waited ${short(some)} % of it.` : '',
      metric: kind === 'some' ? `pressure_${resource}_waiting_ratio` : `pressure_${resource}_stalled_ratio`,
    },
  })
  return { streak, finding, metrics: metricsOf(resource, reading.value) }
}

export function evaluatePressure(reading: PressureReading, config: Config, memory: PressureMemory): PressureVerdict {
  const judged = RESOURCES.map((resource) => judgePressure(resource, reading[resource], config, memory[resource]))
  const [cpu, mem, io] = judged.map(({ streak }) => streak)
  return {
    memory: { cpu: cpu!, memory: mem!, io: io! },
    findings: judged.map(({ finding }) => finding),
    metrics: judged.flatMap(({ metrics }) => metrics),
  }
}

/** A person's word: what must last is counted anew. */
export function clearPressure(memory: PressureMemory, { type }: ConditionKey): PressureMemory {
  const resource = RESOURCES.find((one) => MEANINGS[one].type === type)
  return resource === undefined ? memory : { ...memory, [resource]: NO_STREAK }
}
