/** 8 to 11, 15, 17: errors of the memory that were not corrected, or too many that were. Pure. */
import { plural } from '#monitor-kit/evaluate'
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'

const UNCORRECTED = 'ecc.errors.uncorrected.volatile.total'
const CORRECTED = 'ecc.errors.corrected.volatile.total'
const SRAM = 'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded'
const HOUR_MS = 3_600_000
/** Of an hour so many counts are kept. */
const SAMPLE_MS = 300_000
/** From so many on NVIDIA replaces a card of before Ampere (Dynamic Page Retirement). */
const RETIRED_MAX = 60
/** GPUs of data centres, whose ECC is on when they come; "RTX A500" is a workstation's. */
export const DATA_CENTRE =
  /(?<!RTX )\b(?:[ABH]\d{3}X?|G[BH]\d{3}|H20|A40|A30X?|A16|A10[GM]?|A2|L40[SG]?|L20|L4|L2|T4G?|V100S?|P100|P40|P4)\b|\bServer Edition\b/

function uncorrected({ row, nowMs, provenMs }: GpuLook, before: GpuFacts): Judged {
  const id = 'ecc-uncorrectable'
  const failed = failedIn(id, UNCORRECTED, valueIn(row, UNCORRECTED))
  const count = numberIn(row, UNCORRECTED)
  if (count === undefined) return { says: [failed] }
  const isAnew = before.uncorrected !== undefined && count < before.uncorrected
  const base = isAnew ? 0 : (before.uncorrected ?? 0)
  // Without persistence mode the driver counts anew whenever somebody begins to use the GPU; with it only after a reset.
  const wasReset = isAnew && before.hadPersistence === true && textIn(row, 'persistence_mode') === 'Enabled'
  const lastAt = count > base ? nowMs : wasReset ? undefined : before.uncorrectedAtMs
  const isOver = lastAt === undefined || (provenMs !== undefined && provenMs >= lastAt)
  const most = Math.max(count, before.uncorrectedMost ?? before.uncorrected ?? 0)
  const facts = {
    uncorrected: count,
    uncorrectedAtMs: isOver ? undefined : lastAt,
    uncorrectedMost: isOver ? undefined : most,
  }
  if (isOver) return { says: [{ id, level: 'ok', message: 'no uncorrectable error' }], facts }
  const message =
    count > 0
      ? `${plural(count, 'uncorrectable memory error')} since the driver was loaded, and no reset is proven since`
      : `${plural(most, 'uncorrectable memory error')} ${most === 1 ? 'was' : 'were'} counted in this boot; the driver counts 0 now, and no reset is proven since`
  const words = { reason: 'UncorrectableErrors', message, summary: 'uncorrectable memory errors' }
  return { says: [{ id, level: 'bad', severity: 'critical', action: 'reset-device', ...words }], facts }
}

/** Counts of the last hour, at most one in five minutes but the last. */
function samplesWith(before: GpuFacts['corrected'], nowMs: number, count: number): NonNullable<GpuFacts['corrected']> {
  const kept = (before ?? []).filter(([at, was]) => at <= nowMs && nowMs - at <= HOUR_MS && was <= count)
  const last = kept.at(-1)
  return last !== undefined && nowMs - last[0] < SAMPLE_MS ? kept : [...kept, [nowMs, count]]
}

function corrected({ row, nowMs, config }: GpuLook, before: GpuFacts): Judged {
  const id = 'ecc-correctable'
  const failed = failedIn(id, CORRECTED, valueIn(row, CORRECTED))
  const count = numberIn(row, CORRECTED)
  if (count === undefined) return { says: [failed] }
  const samples = samplesWith(before.corrected, nowMs, count)
  const more = count - (samples[0]?.[1] ?? count)
  const limit = config.correctedErrorsPerHour
  const facts = { corrected: samples }
  if (more < limit)
    return { says: [{ id, level: 'ok', message: `${plural(more, 'corrected error')} in an hour` }], facts }
  const message = `${plural(more, 'corrected memory error')} in the last hour, limit ${limit.toLocaleString('en-US')}`
  const words = { reason: 'ManyCorrectedErrors', message, summary: 'many corrected memory errors' }
  return { says: [{ id, level: 'bad', severity: 'warning', ...words }], facts }
}

function sram(row: GpuRow): Said | undefined {
  const id = 'sram-threshold'
  const said = textIn(row, SRAM)
  if (said === undefined) return failedIn(id, SRAM, valueIn(row, SRAM))
  if (said === 'No') return { id, level: 'ok', message: 'SRAM below its threshold' }
  const message = 'SRAM has had more uncorrectable errors than a card may have; it is to be replaced'
  const words = { reason: 'SramThresholdExceeded', message, summary: 'SRAM has too many errors' }
  return { id, level: 'bad', severity: 'critical', action: 'replace-hardware', ...words }
}

function eccMode(row: GpuRow): Said | undefined {
  const id = 'ecc-mode'
  const [now, next] = [textIn(row, 'ecc.mode.current'), textIn(row, 'ecc.mode.pending')]
  if (now === undefined) return failedIn(id, 'ecc.mode.current', valueIn(row, 'ecc.mode.current'))
  const bad = { id, level: 'bad', severity: 'warning', action: 'reset-device' } as const
  if (next !== undefined && next !== now) {
    const message = `ECC is ${now}, and will be ${next} after the next reset`
    return { ...bad, reason: 'EccModePending', message, summary: 'ECC changes with the next reset' }
  }
  if (now === 'Disabled' && DATA_CENTRE.test(row.name)) {
    const message = `ECC is off on a ${row.name}: errors of its memory are not noticed; enable it (nvidia-smi -e 1) and reset it`
    return { ...bad, reason: 'EccOff', message, summary: 'ECC is off' }
  }
  return { id, level: 'ok', message: `ECC ${now}` }
}

function retired(row: GpuRow): Said | undefined {
  const id = 'retired-pages'
  const [pending, double] = [textIn(row, 'retired_pages.pending'), numberIn(row, 'retired_pages.double_bit.count')]
  const failed = ['retired_pages.pending', 'retired_pages.double_bit.count'].map((key) =>
    failedIn(id, key, valueIn(row, key)),
  )
  if (double !== undefined && double >= RETIRED_MAX) {
    const message = `${plural(double, 'page')} of memory retired because of double-bit errors, limit ${RETIRED_MAX}`
    const words = { reason: 'PagesRetired', message, summary: 'too many pages of memory are retired' }
    return { id, level: 'bad', severity: 'critical', action: 'replace-hardware', ...words }
  }
  if (pending === 'Yes') {
    const message = 'pages of memory wait to be retired with the next reset'
    const words = { reason: 'PageRetirementPending', message, summary: 'pages wait to be retired' }
    return { id, level: 'bad', severity: 'error', action: 'reset-device', ...words }
  }
  const isSeen = pending !== undefined || double !== undefined
  return (
    failed.find((one) => one !== undefined) ??
    (isSeen ? { id, level: 'ok', message: 'no page waits to be retired' } : undefined)
  )
}

function inforom(row: GpuRow): Said | undefined {
  const id = 'inforom'
  const said = textIn(row, 'inforom.checksum_validation')
  if (said === undefined)
    return failedIn(id, 'inforom.checksum_validation', valueIn(row, 'inforom.checksum_validation'))
  if (said === 'valid') return { id, level: 'ok', message: 'InfoROM valid' }
  const isInvalid = /^(?:in|not )valid|corrupt/i.test(said)
  const message = `the driver says ${JSON.stringify(said)} of the checksum of the InfoROM`
  if (!isInvalid) return { id, level: 'unknown', reason: 'ValueFailed', message }
  const words = { reason: 'InforomCorrupt', message, summary: 'the InfoROM is corrupt' }
  return { id, level: 'bad', severity: 'warning', action: 'replace-hardware', ...words }
}

/** All of them. */
export function judgeMemoryErrors(look: GpuLook, before: GpuFacts): Judged {
  const { row } = look
  const [hard, soft] = [uncorrected(look, before), corrected(look, before)]
  return {
    says: [...hard.says, ...soft.says, sram(row), eccMode(row), retired(row), inforom(row)],
    facts: { ...hard.facts, ...soft.facts },
  }
}
