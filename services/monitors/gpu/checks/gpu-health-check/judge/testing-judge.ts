/** One GPU for a test of a judge, read from words as nvidia-smi prints them. */
import { FIELDS } from '../../../smi/fields.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import { readValue } from '../../../smi/values.ts'
import { schema } from '../config.ts'
import type { GpuLook } from './look.ts'

type Words = Readonly<Record<string, string>>

/** A row of these words; what is not named is not supported. */
export function rowWith(words: Words, { bus = '83', name = 'H200' } = {}): GpuRow {
  const values = Object.entries(words).map(
    ([key, word]) => [key, readValue(word, FIELDS.get(key)?.kind ?? 'text')] as const,
  )
  const place = `0000:${bus}:00`
  return { place, uuid: `GPU-${bus}`, index: 0, name, asksForReset: false, values: new Map(values) }
}

/** What a judge is given of it, alone in its node. */
export function lookAt(row: GpuRow, change: Partial<GpuLook> = {}): GpuLook {
  const { place, uuid, index, name } = row
  const card = { place, uuid, index, name }
  const moment = { nowMs: 3_600_000, provenMs: undefined, isAtOnce: false }
  return {
    row,
    card,
    all: [row],
    config: schema.parse({}),
    ...moment,
    held: undefined,
    slotLanes: undefined,
    ...change,
  }
}
