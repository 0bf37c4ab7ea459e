/** Whether this process is given all GPUs of the node: else one that it is not shown is not missed. Pure. */
import type { Inventory } from '../../../cards/inventory.ts'
import { ownGpus } from '../../../cards/spare.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'

/** What it is told by. */
export interface VisibleAround {
  readonly reading: Pick<HealthReading, 'pci' | 'devices'>
  readonly inventory: Pick<Inventory, 'showedAll'>
  /** Places of cards that are none of this node's GPUs. */
  readonly spare: ReadonlySet<string>
  /** NVIDIA_VISIBLE_DEVICES; undefined: it is not set, as outside of a container. */
  readonly visibleDevices: string | undefined
  /** NODE_DOCTOR_GPUS_ASKED: what was asked for in that variable, which no runtime writes over; undefined: nobody says. */
  readonly gpusAsked?: string | undefined
}

/** Which GPUs of the node it is given: all, some by somebody's will, or fewer than there are, of which nobody knows why. */
export type Visibility = 'all' | 'some' | 'unsure'

/** GPUs of this node's own on PCI; undefined: nobody knows. */
function ownPlaces({ reading: { pci }, spare }: OwnAround): readonly string[] | undefined {
  return pci.ok ? ownGpus(pci.value, spare).map(({ place }) => place) : undefined
}

interface OwnAround extends Pick<VisibleAround, 'spare'> {
  readonly reading: Pick<HealthReading, 'pci'>
}

/** Whether all of them are shown, of which there are some. */
export function showsAll(around: OwnAround, rows: readonly GpuRow[]): boolean {
  const own = ownPlaces(around) ?? []
  return own.length > 0 && own.every((place) => rows.some((row) => row.place === place))
}

/** What CDI leaves in a variable that it has done what it says of. */
const BY_CDI = 'void'

/** A variable that Kubernetes found no other one for stays as it was written. */
function isSaid(asked: string | undefined): asked is string {
  return asked !== undefined && asked !== BY_CDI && !asked.startsWith('$(')
}

/**
 * A list of GPUs, "none" and "" are less than all. "void" is what the runtime leaves where the container device interface (CDI) gave the
 * devices, all or some: that says what was asked for. Where nobody says that, all were given where there are as many device files as PCI
 * has GPUs, or as there were when all were shown; of fewer nothing follows, since CDI leaves a GPU out that does not come up, too.
 */
export function visibilityOf({ visibleDevices = 'all', gpusAsked, ...around }: VisibleAround): Visibility {
  const asked = visibleDevices === BY_CDI ? gpusAsked : visibleDevices
  if (isSaid(asked)) return asked === 'all' ? 'all' : 'some'
  const { reading, inventory } = around
  const own = ownPlaces(around)
  const isAsBefore = inventory.showedAll !== undefined && reading.devices >= inventory.showedAll
  return isAsBefore || (own !== undefined && own.length > 0 && reading.devices >= own.length) ? 'all' : 'unsure'
}
