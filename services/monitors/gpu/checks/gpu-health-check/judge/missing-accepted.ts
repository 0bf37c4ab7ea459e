/** A person's word on those that are missed. Pure. */
import type { Inventory } from '../../../cards/inventory.ts'
import { placeOf } from '../../../cards/pci.ts'

/** A person's word: there are fewer, by name or all that are missed. */
export function acceptFewer(
  inventory: Inventory,
  entity: string,
  counts: { readonly expected: number; readonly present: number; readonly missed: readonly string[] },
): Inventory {
  const { expected, present, missed } = counts
  const names = (entity === '' ? missed : [entity]).map((one) => one.replace(/^gpu:/, ''))
  const known = Object.fromEntries(Object.entries(inventory.known).filter(([uuid]) => !names.includes(uuid)))
  const places = names.map((name) => inventory.known[name]?.place ?? placeOf(name)).filter((one) => one !== undefined)
  const before = inventory.accepted?.expected === expected ? inventory.accepted.gpus : expected
  const gpus = entity === '' ? present : Math.max(present, before - 1)
  const excused = [...new Set([...(inventory.excused ?? []), ...places])]
  return { ...inventory, known, excused, ...(expected > 0 && { accepted: { expected, gpus } }) }
}
