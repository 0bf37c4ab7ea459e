/** The four conditions that the gpu-monitor of npd-ext has, as it says them: of the node, True is a problem in each. Pure. */
import type { ConditionSpec, Finding } from '#monitor-kit'
import { conditionsOf } from '../../conditions.ts'
import { countsAgainst } from '../../health.ts'
import { type GpuRow, numberIn } from '../../smi/rows.ts'
import type { Config } from './config.ts'

const TYPES = ['GPUHealthy', 'GPUHung', 'GPUMemoryPressure', 'GPUTemperatureHigh'] as const

/** What each says while it is well: of three of them the words for the problem, as they stand in its configuration. */
const WELL = {
  GPUHung: 'GPU is hung and not responding',
  GPUMemoryPressure: 'GPU memory usage is too high',
  GPUTemperatureHigh: 'GPU temperature is too high',
} as const

/** How they are declared under this setting: no damping, and no word of ours beside theirs. */
export const NPD_EXT_CONDITIONS: readonly ConditionSpec[] = conditionsOf(...TYPES).map((spec) => ({
  ...spec,
  polarity: 'true-is-problem',
  verbatim: true,
  sustained: spec.type === 'GPUHung' ? spec.sustained : 'at once',
}))

/** The worst of all GPUs. */
interface Worst {
  readonly celsius: number | undefined
  readonly memoryPercent: number | undefined
  readonly watts: number | undefined
}

function most(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function percentOf(row: GpuRow): number | undefined {
  const [used, total] = [numberIn(row, 'memory.used'), numberIn(row, 'memory.total')]
  return used === undefined || total === undefined || total <= 0 ? undefined : (used / total) * 100
}

function worstOf(rows: readonly GpuRow[]): Worst {
  return {
    celsius: most(rows.map((row) => numberIn(row, 'temperature.gpu'))),
    memoryPercent: most(rows.map(percentOf)),
    watts: most(rows.map((row) => numberIn(row, 'power.draw.instant'))),
  }
}

function whole(value: number | undefined): string {
  return String(Math.round(value ?? 0))
}

function problem(type: string, reason: string, message: string): Finding {
  return { type, health: 'problem', severity: 'warning', reason, message, summary: message }
}

function healthy(type: keyof typeof WELL): Finding {
  return { type, health: 'healthy', reason: type, message: WELL[type] }
}

/** What it says of the node as a whole, by heat and memory alone. */
function ownHealth({ celsius = 0, memoryPercent = 0, watts }: Worst, config: Config): Finding {
  const { temperature_threshold: hot, memory_threshold: full } = config
  const [isHot, isFull] = [celsius > hot, memoryPercent > full]
  const [degrees, part] = [`${whole(celsius)}°C`, `${memoryPercent.toFixed(1)}%`]
  if (isHot && isFull)
    return problem('GPUHealthy', 'GPUMultipleIssues', `GPU has multiple issues: temperature=${degrees}, memory=${part}`)
  if (isHot)
    return problem('GPUHealthy', 'GPUOverheating', `GPU temperature ${degrees} exceeds threshold ${whole(hot)}°C`)
  if (isFull)
    return problem('GPUHealthy', 'GPUMemoryHigh', `GPU memory usage ${part} exceeds threshold ${full.toFixed(1)}%`)
  const message = `GPU is healthy: temp=${degrees}, memory=${part}, power=${whole(watts)}W`
  return { type: 'GPUHealthy', health: 'healthy', reason: 'GPUIsHealthy', message }
}

/** Where there is no GPU to ask, or no program to ask it by. */
const NOT_AVAILABLE: readonly string[] = ['NoNvidiaSmi', 'NoGPUs']

/** @param why our own word on why nothing is known */
function unseen(type: string, why: Finding | undefined): Finding {
  const isAway = why === undefined || NOT_AVAILABLE.includes(why.reason)
  const [reason, message] = isAway
    ? ['GPUNotAvailable', 'GPU not available for monitoring']
    : ['GPUMonitoringError', `Failed to monitor GPU: ${why.message}`]
  return { type, health: 'unknown', reason, message }
}

/** What theirs is made of, and what follows of heat. */
const THEIRS: readonly string[] = ['GPUMemoryPressure', 'GPUTemperatureHigh', 'GPUThrottled']

/** Ours where it says more than theirs can: an error of another kind, which heat or full memory beside it does not hide. */
function healthOf(findings: readonly Finding[], rows: readonly GpuRow[], worst: Worst, config: Config): Finding {
  const own = ownHealth(worst, config)
  const found = findings.find(({ type }) => type === 'GPUHealthy')
  const isOfOthers = findings.some((one) => countsAgainst(one) && !THEIRS.includes(one.type))
  if (found?.health === 'problem' && (rows.length === 0 || own.health === 'healthy' || isOfOthers)) return found
  return rows.length === 0 ? unseen('GPUHealthy', found) : own
}

function hungOf(found: Finding | undefined): Finding {
  if (found === undefined || (found.health === 'healthy' && found.pending !== true)) return healthy('GPUHung')
  // What is pending, or cannot be seen, stays in words of ours: theirs say nothing of it.
  return found.health === 'problem' ? { ...found, reason: 'GPUHung', message: WELL.GPUHung } : found
}

function memoryOf({ memoryPercent }: Worst, config: Config, why: Finding | undefined): Finding {
  const { memory_threshold: full } = config
  if (memoryPercent === undefined) return unseen('GPUMemoryPressure', why)
  if (memoryPercent <= full) return healthy('GPUMemoryPressure')
  const message = `GPU memory usage: ${whole(memoryPercent)}% (threshold: ${whole(full)}%)`
  return problem('GPUMemoryPressure', 'GPUMemoryPressure', message)
}

function temperatureOf({ celsius }: Worst, config: Config, why: Finding | undefined): Finding {
  const { temperature_threshold: hot } = config
  if (celsius === undefined) return unseen('GPUTemperatureHigh', why)
  if (celsius <= hot) return healthy('GPUTemperatureHigh')
  const message = `GPU temperature: ${whole(celsius)}°C (threshold: ${whole(hot)}°C)`
  return problem('GPUTemperatureHigh', 'GPUTemperatureHigh', message)
}

/**
 * What this check found, with these four as npd-ext says them. All others stay as they are.
 * @param rows of this look; none where nothing could be seen
 */
export function asNpdExt(findings: readonly Finding[], rows: readonly GpuRow[], config: Config): readonly Finding[] {
  const others = findings.filter(({ type }) => !TYPES.some((own) => own === type))
  const found = (type: string) => findings.find((one) => one.type === type)
  const worst = worstOf(rows)
  const why = found('GPUHealthy')
  return [
    healthOf(findings, rows, worst, config),
    hungOf(found('GPUHung')),
    memoryOf(worst, config, why),
    temperatureOf(worst, config, why),
    ...others,
  ]
}
