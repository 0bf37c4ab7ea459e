/** Tells by the rows of a probe who is in which slot. */
import type { GpuRow } from '../smi/rows.ts'
import type { Cards } from './cards.ts'

/** What the driver cannot say now it said before. */
export function learnRows(cards: Pick<Cards, 'learn'>, rows: readonly GpuRow[]): void {
  for (const { place, uuid, index, name } of rows) {
    const said = { ...(uuid !== undefined && { uuid }), ...(index !== undefined && { index }) }
    cards.learn(place, name === '' ? said : { ...said, name })
  }
}
