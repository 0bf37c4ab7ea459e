/** Whether this process is given all GPUs of the node: else one that it is not shown is not missed. Pure. */
import type { Inventory } from '../../../cards/inventory.ts'
import { isGivenAway } from '../../../driver/pci-gpus.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'

/** What it is told by. */
export interface VisibleAround {
  readonly reading: Pick<HealthReading, 'pci' | 'devices'>
  readonly inventory: Pick<Inventory, 'showedAll'>
  /** NVIDIA_VISIBLE_DEVICES; undefined: it is not set, as outside of a container. */
  readonly visibleDevices: string | undefined
}

/** GPUs of this node's own on PCI; undefined: nobody knows. */
function ownPlaces({ pci }: Pick<HealthReading, 'pci'>): readonly string[] | undefined {
  return pci.ok ? pci.value.filter((one) => !isGivenAway(one)).map(({ place }) => place) : undefined
}

/** Whether all of them are shown, of which there are some. */
export function showsAll(reading: Pick<HealthReading, 'pci'>, rows: readonly GpuRow[]): boolean {
  const own = ownPlaces(reading) ?? []
  return own.length > 0 && own.every((place) => rows.some((row) => row.place === place))
}

/**
 * A list of GPUs, "none" and "" are less than all. "void" is what the runtime leaves where the container device interface (CDI) gave the
 * devices, all or some: all, where there are as many device files as PCI has GPUs, or as there were when all were shown.
 */
export function isAllVisible({ reading, inventory, visibleDevices = 'all' }: VisibleAround): boolean {
  if (visibleDevices !== 'void') return visibleDevices === 'all'
  const own = ownPlaces(reading)
  const isAsBefore = inventory.showedAll !== undefined && reading.devices >= inventory.showedAll
  return isAsBefore || (own !== undefined && own.length > 0 && reading.devices >= own.length)
}
