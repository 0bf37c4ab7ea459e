/** 12 to 14: rows of the memory that are to be remapped, could not be, or have no spare ones left. Pure. */
import { plural } from '#monitor-kit/evaluate'
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuLook, Judged } from './look.ts'

const PENDING = 'remapped_rows.pending'
const FAILURE = 'remapped_rows.failure'
const NONE = 'remapped_rows.histogram.none'
const UNCORRECTABLE = 'remapped_rows.uncorrectable'
/** Of a card: NVIDIA's own limit for the rows that were remapped because of uncorrectable errors. */
const REMAPPED_MAX = 8

function pending(row: GpuRow): Said | undefined {
  const id = 'row-remap-pending'
  const said = textIn(row, PENDING)
  if (said === undefined) return failedIn(id, PENDING, valueIn(row, PENDING))
  if (said === 'No') return { id, level: 'ok', message: 'no row waits' }
  const message = 'a row of memory waits to be remapped with the next reset'
  const words = { reason: 'RowRemapPending', message, summary: 'a row of memory waits to be remapped' }
  return { id, level: 'bad', severity: 'error', action: 'reset-device', ...words }
}

function failure(row: GpuRow): Said | undefined {
  const id = 'row-remap-failure'
  const said = textIn(row, FAILURE)
  if (said === undefined) return failedIn(id, FAILURE, valueIn(row, FAILURE))
  if (said === 'No') return { id, level: 'ok', message: 'no remapping failed' }
  const message = 'a row of memory could not be remapped; the card is to be replaced'
  const words = { reason: 'RowRemapFailed', message, summary: 'a row of memory could not be remapped' }
  return { id, level: 'bad', severity: 'critical', action: 'replace-hardware', ...words }
}

function spares(row: GpuRow): Said | undefined {
  const id = 'row-remap-spares'
  const [none, remapped] = [numberIn(row, NONE), numberIn(row, UNCORRECTABLE)]
  const bad = { id, level: 'bad', severity: 'warning', action: 'replace-hardware', reason: 'SpareRowsLow' } as const
  if (none !== undefined && none > 0)
    return {
      ...bad,
      message: `${plural(none, 'bank')} of memory without a spare row`,
      summary: 'spare rows have run out',
    }
  if (remapped !== undefined && remapped >= REMAPPED_MAX)
    return {
      ...bad,
      message: `${plural(remapped, 'row')} remapped because of uncorrectable errors, limit ${REMAPPED_MAX}`,
      summary: 'many rows of memory are remapped',
    }
  const failed = [NONE, UNCORRECTABLE]
    .map((key) => failedIn(id, key, valueIn(row, key)))
    .find((one) => one !== undefined)
  // Under MIG the histogram alone is told, which says nothing of rows that were remapped.
  if (failed !== undefined || none === undefined || remapped === undefined) return failed
  return { id, level: 'ok', message: 'spare rows are left' }
}

/** All of them. */
export function judgeRowRemap({ row }: GpuLook): Judged {
  return { says: [pending(row), failure(row), spares(row)] }
}
