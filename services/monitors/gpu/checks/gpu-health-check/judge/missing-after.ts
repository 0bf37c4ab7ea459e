/** What is known of this node's GPUs after a look. Pure. */
import type { Inventory, KnownGpu } from '../../../cards/inventory.ts'
import { ownGpus } from '../../../cards/spare.ts'
import type { PciGpu } from '../../../driver/pci-gpus.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { Account } from './missing-account.ts'
import type { MissingAround } from './missing-around.ts'

/** What is known from now on: who is there, and who was and is missed. For whom another has come is none of this node's any more. */
export function knownAfter(
  { inventory, reading: { boot, pci } }: MissingAround,
  rows: readonly GpuRow[],
  { gone, replaced }: Account,
  isEnough: boolean,
) {
  const none = new Set([...replaced, ...(isEnough ? gone : [])].map(([uuid]) => uuid))
  const before = Object.entries(inventory.known).filter(([uuid]) => !none.has(uuid))
  const onPci = pci.ok ? pci.value : []
  const now = rows.flatMap(({ uuid, place, name, index }): [string, KnownGpu][] => {
    if (uuid === undefined) return []
    const model: Partial<KnownGpu> = onPci.find((one) => one.place === place) ?? inventory.known[uuid] ?? {}
    return [[uuid, { place, name, index, boot, device: model.device, kind: model.kind }]]
  })
  return Object.fromEntries([...before, ...now])
}

/** Places of which another card stands now, or none: whoever was let be there has left it. */
function leftPlaces(
  { inventory: { excused = [], known }, pci }: Omit<ExcusedAround, 'spare'>,
  rows: readonly GpuRow[],
) {
  const isMoved = ({ uuid, place }: GpuRow) => uuid !== undefined && (known[uuid]?.place ?? place) !== place
  return excused.filter((place) => {
    const row = rows.find((one) => one.place === place)
    return row === undefined ? !pci.some((one) => one.place === place) : isMoved(row)
  })
}

interface ExcusedAround extends Pick<MissingAround, 'inventory' | 'spare'> {
  readonly pci: readonly PciGpu[]
}

/** Places where somebody stands who was not let be there, and is not shown; those first where nobody of this node stood. */
function unshownPlaces({ inventory: { excused = [], known }, pci, spare }: ExcusedAround, rows: readonly GpuRow[]) {
  const absent = Object.entries(known).filter(([uuid]) => !rows.some((row) => row.uuid === uuid))
  const isFree = (place: string) => !absent.some(([, gpu]) => gpu.place === place)
  const own = ownGpus(pci, spare).map(({ place }) => place)
  const unshown = own.filter((place) => !excused.includes(place) && !rows.some((row) => row.place === place))
  return {
    count: unshown.length - absent.length,
    unshown: unshown.toSorted((a, b) => Number(isFree(b)) - Number(isFree(a))),
  }
}

/**
 * Who was let be is so until it is shown, or is not on PCI any more. It goes with the card where a reboot has numbered the bus anew: as
 * many are let be at other places as have left theirs, but for those GPUs of this node that are missed.
 */
export function excusedNow(
  { inventory, reading: { pci }, spare }: Pick<MissingAround, 'inventory' | 'reading' | 'spare'>,
  rows: readonly GpuRow[],
) {
  const { excused } = inventory
  if (excused === undefined || !pci.ok) return excused
  const around = { inventory, pci: pci.value, spare }
  const left = leftPlaces(around, rows)
  const { count, unshown } = unshownPlaces(around, rows)
  const moved = unshown.slice(0, Math.max(0, Math.min(left.length, count)))
  const isShown = (place: string) => rows.some((row) => row.place === place)
  return [...excused.filter((place) => !left.includes(place) && !isShown(place)), ...moved]
}

/** What a person accepted holds until there are more again. */
export function acceptedAfter(
  { inventory: { accepted }, expectedGpus }: MissingAround,
  present: number,
): Inventory['accepted'] {
  if (accepted?.expected !== expectedGpus || present >= expectedGpus) return undefined
  return { ...accepted, gpus: Math.max(accepted.gpus, present) }
}
