/**
 * Whether there are as many GPUs as there were, by number: places change at a reboot, and names say only which are missed. Whoever is
 * there now and was not before makes up for one that is not. Pure.
 */
import type { Inventory, KnownGpu } from '../../../cards/inventory.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'

/** Who was there, and who is. */
export interface AccountAround {
  readonly pci: HealthReading['pci']
  /** Of an answer that is whole. */
  readonly rows: readonly GpuRow[]
  readonly inventory: Pick<Inventory, 'known' | 'strangers'>
  readonly isAllVisible: boolean
  /** Places of cards that are none of this node's GPUs: none of them is one of those that were there. */
  readonly spare: ReadonlySet<string>
  /** It was missing at the look before. */
  readonly isOpen: (uuid: string) => boolean
}

/** A GPU that was seen here, by its UUID. */
export type KnownEntry = readonly [uuid: string, gpu: KnownGpu]

/** What follows. */
export interface Account {
  /** Nobody has made up for these. */
  readonly gone: readonly KnownEntry[]
  /** Another has come for these. */
  readonly replaced: readonly KnownEntry[]
  /** How many stand on PCI of which nobody is known: to be remembered. */
  readonly strangers: number | undefined
}

/** Those that nvidia-smi does not name, without those that stand where they stood: one for each place. */
function unaccounted({ rows, inventory, isOpen }: AccountAround, places: readonly string[]) {
  const free = new Set(places)
  const absent = Object.entries(inventory.known).filter(([uuid]) => !rows.some((row) => row.uuid === uuid))
  // Who was missing before did not stand there.
  const sorted = absent.toSorted(([a], [b]) => Number(isOpen(a)) - Number(isOpen(b)))
  const left = sorted.filter(([, { place }]) => !free.delete(place))
  return { left, free }
}

/** Places where something stands that nvidia-smi does not name. */
function namelessPlaces({ pci, rows }: AccountAround): readonly string[] {
  const shown = rows.map(({ place }) => place)
  const unshown = pci.ok ? pci.value.map(({ place }) => place).filter((place) => !shown.includes(place)) : []
  const nameless = rows.filter(({ uuid }) => uuid === undefined).map(({ place }) => place)
  return [...unshown, ...nameless]
}

/** Whether what is on PCI is all that there is: some sandboxes show GPUs and no bus. */
export function isPciWhole({ pci, rows }: Pick<AccountAround, 'pci' | 'rows'>): boolean {
  if (!pci.ok || pci.value.length === 0) return false
  return rows.every((row) => pci.value.some(({ place }) => place === row.place))
}

/** Who is missed. */
export function accountOf(around: AccountAround): Account {
  const { pci, rows, inventory, isAllVisible } = around
  const arrived = rows.filter(({ uuid }) => uuid !== undefined && !(uuid in inventory.known))
  const nameless = namelessPlaces(around)
  const spares = nameless.filter((place) => around.spare.has(place)).length
  const own = nameless.filter((place) => !around.spare.has(place))
  const { left, free } = unaccounted(around, own)
  const isTaken = ([, { place }]: KnownEntry) => arrived.some((row) => row.place === place)
  const sorted = left.toSorted((a, b) => Number(isTaken(b)) - Number(isTaken(a)))
  // Of a part of the GPUs nothing follows but by the bus.
  if (!isAllVisible && !isPciWhole(around))
    return { gone: [], replaced: sorted.filter(isTaken), strangers: inventory.strangers }
  const unnamed = free.size + spares
  const before = pci.ok ? (inventory.strangers ?? unnamed) : unnamed
  const come = Math.max(0, arrived.length + unnamed - before)
  const replacedCount = Math.min(sorted.length, come, arrived.length)
  // Who may have moved, or make up for one once the driver has it, is no stranger then.
  const movedCount = Math.min(sorted.length - replacedCount, come - replacedCount)
  return {
    gone: sorted.slice(replacedCount + Math.min(movedCount, free.size)),
    replaced: sorted.slice(0, replacedCount),
    strangers: pci.ok ? unnamed - movedCount : inventory.strangers,
  }
}
