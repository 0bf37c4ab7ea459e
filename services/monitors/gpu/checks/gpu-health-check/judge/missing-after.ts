/** What is known of this node's GPUs after a look. Pure. */
import type { Inventory } from '../../../cards/inventory.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { Account } from './missing-account.ts'
import type { MissingAround } from './missing-around.ts'

/** What is known from now on: who is there, and who was and is missed. For whom another has come is none of this node's any more. */
export function knownAfter(
  { inventory, reading: { boot } }: MissingAround,
  rows: readonly GpuRow[],
  { gone, replaced }: Account,
  isEnough: boolean,
) {
  const none = new Set([...replaced, ...(isEnough ? gone : [])].map(([uuid]) => uuid))
  const before = Object.entries(inventory.known).filter(([uuid]) => !none.has(uuid))
  const now = rows.flatMap(({ uuid, place, name, index }) =>
    uuid === undefined ? [] : [[uuid, { place, name, index, boot }] as const],
  )
  return Object.fromEntries([...before, ...now])
}

/** What was let be stays so until it is shown, or is not on PCI any more: another card may come into its slot. */
export function excusedAfter({ inventory: { excused }, reading: { pci } }: MissingAround, rows: readonly GpuRow[]) {
  const isThere = (place: string) => !pci.ok || pci.value.some((one) => one.place === place)
  return excused?.filter((place) => isThere(place) && !rows.some((row) => row.place === place))
}

/** What a person accepted holds until there are more again. */
export function acceptedAfter(
  { inventory: { accepted }, expectedGpus }: MissingAround,
  present: number,
): Inventory['accepted'] {
  if (accepted?.expected !== expectedGpus || present >= expectedGpus) return undefined
  return { ...accepted, gpus: Math.max(accepted.gpus, present) }
}
