/** 4: GPUs that the driver has lost. Pure. */

import type { LostGpu } from '../../../smi/query-answer.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'
import type { Missing, MissingAround } from './missing-around.ts'

/** Values that the driver could not say, from which on it has lost the GPU. */
const LOST_VALUES = 3

/** The driver shows it, and knows nothing of it. */
export function isLost({ uuid, values }: GpuRow): boolean {
  const failed = [...values.values()].flatMap((value) => (value.kind === 'failed' ? [value.text] : []))
  if (failed.some((text) => /GPU is lost/i.test(text))) return true
  const unknown = failed.filter((text) => /unknown error/i.test(text)).length
  return unknown >= LOST_VALUES || (uuid === undefined && unknown > 0)
}

/** Those for which nvidia-smi gave up. */
function givenUp(query: HealthReading['query']): readonly LostGpu[] {
  if (query.kind === 'rows') return query.lost ?? []
  if (query.kind !== 'failed' || query.failure.kind !== 'lost') return []
  const { place } = query.failure
  return query.lost ?? (place === undefined ? [] : [{ place, said: query.said }])
}

/** Lost ones: by their rows, or by what nvidia-smi says. */
export function lostOf({ reading: { query }, cardOf }: MissingAround): readonly Missing[] {
  const said = givenUp(query).map((gone) => ({ place: gone.place, message: `nvidia-smi says: ${gone.said}` }))
  const rows = query.kind === 'rows' ? query.answer.rows.filter(isLost) : []
  const shown = rows.map(({ place }) => ({
    place,
    message: 'the driver shows it, and cannot say anything of it: it has lost it',
  }))
  return [...said, ...shown].map(({ place, message }) => ({ card: cardOf(place), id: 'lost', message }))
}
