/** Who is missed, by name, where nobody has named the card in its slot yet. Pure. */
import type { GpuRow } from '../../../smi/rows.ts'
import type { MissingAround } from './missing-around.ts'

/** The one that stood there before, over reboots too, as long as nvidia-smi shows that one nowhere: so it keeps one name. */
export function namedBy(
  { cardOf, inventory: { known } }: Pick<MissingAround, 'cardOf' | 'inventory'>,
  rows: readonly GpuRow[],
): MissingAround['cardOf'] {
  return (place) => {
    const card = cardOf(place)
    if (card.uuid !== undefined) return card
    const isHere = ([uuid, gpu]: (typeof all)[number]) => gpu.place === place && !rows.some((row) => row.uuid === uuid)
    const all = Object.entries(known)
    const [before, ...others] = all.filter(isHere)
    if (before === undefined || others.length > 0) return card
    const [uuid, { name }] = before
    return { ...card, uuid, name: card.name === '' ? name : card.name }
  }
}
