/** 18, 19: how hot a GPU and its memory are. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { numberIn, valueIn } from '../../../smi/rows.ts'
import type { GpuLook, Judged } from './look.ts'

/** Looks in a row. */
const NEEDED = 3
/** Degrees that are left to where the GPU slows itself down. */
const MARGIN_LOW = 5
/** More is no temperature of a card that answers. */
const HOTTEST = 200

function isTemperature(value: number | undefined): value is number {
  return value !== undefined && value > -60 && value < HOTTEST
}

function evidenceOf(value: number, warning: number, label: string) {
  return { value, unit: '°C', warning, critical: undefined, lowIsBad: false, label, detail: '', metric: '' }
}

function nonsense(id: string, field: string, value: number): Said {
  return { id, level: 'unknown', reason: 'ValueFailed', message: `nvidia-smi says ${value} of ${field}, which is none` }
}

function core({ row, config, isAtOnce }: GpuLook): Said | undefined {
  const id = 'temperature'
  const [celsius, margin] = [numberIn(row, 'temperature.gpu'), numberIn(row, 'temperature.gpu.tlimit')]
  if (celsius === undefined) return failedIn(id, 'temperature.gpu', valueIn(row, 'temperature.gpu'))
  if (!isTemperature(celsius)) return nonsense(id, 'temperature.gpu', celsius)
  const limit = config.temperature_threshold
  const left = margin === undefined ? '' : `, ${Math.abs(margin)} °C ${margin < 0 ? 'above' : 'to'} its own limit`
  const evidence = evidenceOf(celsius, limit, 'temperature')
  const isAtLimit = margin !== undefined && margin <= 0
  if (!isAtLimit && celsius <= limit && (margin === undefined || margin > MARGIN_LOW))
    return { id, level: 'ok', message: `${celsius} °C, limit ${limit} °C${left}`, evidence }
  const message = `${celsius} °C, limit ${limit} °C${left}; see fans, air and its neighbours`
  const summary = isAtLimit ? 'at its heat limit' : `${celsius} °C hot`
  const severity = isAtLimit ? 'critical' : 'warning'
  const reason = isAtLimit ? 'AtHeatLimit' : 'GPUIsHot'
  return {
    id,
    level: 'bad',
    severity,
    action: 'contact-support',
    needed: isAtOnce ? 1 : NEEDED,
    reason,
    message,
    summary,
    evidence: { ...evidence, detail: 'See fans, air and its neighbours.' },
  }
}

function memory({ row, config, isAtOnce }: GpuLook): Said | undefined {
  const id = 'memory-temperature'
  const celsius = numberIn(row, 'temperature.memory')
  if (celsius === undefined) return failedIn(id, 'temperature.memory', valueIn(row, 'temperature.memory'))
  if (!isTemperature(celsius)) return nonsense(id, 'temperature.memory', celsius)
  const limit = config.memoryTemperatureThreshold
  const message = `memory ${celsius} °C, limit ${limit} °C`
  if (celsius < limit) return { id, level: 'ok', message }
  const words = { reason: 'MemoryIsHot', message, summary: `its memory is ${celsius} °C hot` }
  const evidence = evidenceOf(celsius, limit, 'memory temperature')
  return {
    id,
    level: 'bad',
    severity: 'warning',
    action: 'contact-support',
    needed: isAtOnce ? 1 : NEEDED,
    ...words,
    evidence,
  }
}

/** Both. */
export function judgeTemperature(look: GpuLook): Judged {
  return { says: [core(look), memory(look)] }
}
