/** 38: how full the memory of a GPU is, and whether somebody holds it who lives. Pure. */
import { bytes, percent, plural } from '#monitor-kit/evaluate'
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuLook, Judged } from './look.ts'

const HELD_LOOKS = 5
const MIB = 1_048_576
const PIDS_SHOWN = 5

function use({ row, config }: GpuLook): Said | undefined {
  const id = 'memory-use'
  const [used, total] = [numberIn(row, 'memory.used'), numberIn(row, 'memory.total')]
  if (used === undefined || total === undefined || total <= 0 || used < 0)
    return (
      failedIn(id, 'memory.used', valueIn(row, 'memory.used')) ??
      failedIn(id, 'memory.total', valueIn(row, 'memory.total'))
    )
  const limit = config.memory_threshold
  const ratio = used / total
  const message = `${percent(ratio)} of ${bytes(total * MIB)} in use, limit ${limit} %`
  const value = Math.round(ratio * 1000) / 10
  const evidence = { value, unit: '%', warning: limit, lowIsBad: false, label: 'memory used', detail: '', metric: '' }
  if (ratio * 100 <= limit) return { id, level: 'ok', message, evidence }
  const words = { reason: 'MemoryNearlyFull', message, summary: `its memory is ${percent(ratio)} full` }
  return { id, level: 'bad', severity: 'warning', action: 'check-application', ...words, evidence }
}

/** What the driver and a display take for themselves is less. */
const HELD_MIB = 1024
const HELD_RATIO = 0.05

/** A GPU that holds memory and does not work may hold it for nobody; undefined: that cannot be told of it. */
export function mayHoldForNobody(row: GpuRow): boolean | undefined {
  const [used, total] = [numberIn(row, 'memory.used'), numberIn(row, 'memory.total')]
  if (used === undefined || total === undefined || textIn(row, 'display_active') === 'Enabled') return undefined
  const isIdle = (numberIn(row, 'utilization.gpu') ?? 0) === 0
  return isIdle && used > Math.max(HELD_MIB, total * HELD_RATIO)
}

function held({ row, held: seen }: GpuLook): Said | undefined {
  const id = 'memory-held'
  if (mayHoldForNobody(row) === false)
    return { id, level: 'ok', message: 'who holds its memory works, or holds little' }
  if (seen === undefined) return undefined
  const { dead, isNobodys } = seen
  if (dead.length === 0 && isNobodys === undefined) return undefined
  if (dead.length === 0 && isNobodys === false) return { id, level: 'ok', message: 'who holds its memory lives' }
  const who =
    dead.length === 0
      ? 'no process'
      : `${plural(dead.length, 'process', 'processes')} that ended (${dead.slice(0, PIDS_SHOWN).join(', ')})`
  const words = {
    reason: 'MemoryHeldByNobody',
    message: `memory is held by ${who}`,
    summary: 'memory is held by nobody',
  }
  return { id, level: 'bad', severity: 'error', action: 'reset-device', needed: HELD_LOOKS, ...words }
}

/** Both. */
export function judgeMemoryUse(look: GpuLook): Judged {
  return { says: [held(look), use(look)] }
}
