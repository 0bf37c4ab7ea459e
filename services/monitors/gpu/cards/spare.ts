/** Which cards on PCI are none of the GPUs of this node, by the rule that all checks have (`needsOf`). Pure. */
import { type DriverKnown, type HadCard, needKnown, needsOf, type Reading } from '#monitor-kit/evaluate'
import { isGivenAway, type PciGpu } from '../driver/pci-gpus.ts'
import type { QueryAnswer } from '../smi/query-answer.ts'
import type { Inventory } from './inventory.ts'

/** What is known of cards beside what PCI shows. */
export interface SpareAround {
  readonly inventory: Pick<Inventory, 'known'>
  /** 0: as many as were seen here. */
  readonly expectedGpus: number
}

/** Cards that nvidia-smi has shown here, but for those that it shows elsewhere now: a reboot numbers the bus anew. */
export function shownBefore({ known }: Pick<Inventory, 'known'>, query: QueryAnswer | undefined): readonly HadCard[] {
  const rows = query?.kind === 'rows' ? query.answer.rows : []
  const isElsewhere = (uuid: string, place: string) => rows.some((row) => row.uuid === uuid && row.place !== place)
  return Object.entries(known)
    .filter(([uuid, { place }]) => !isElsewhere(uuid, place))
    .map(([, { place, device, kind }]) => ({ place, device, kind }))
}

/** What the rule of the driver is given beside the reading. */
export function expectedOf({ inventory, expectedGpus }: SpareAround, query: QueryAnswer | undefined) {
  // Where some were shown before a reboot, or are to be shown, a card that could drive screens may be there to compute, too.
  const isForSome = expectedGpus > 0 || Object.keys(inventory.known).length > 0
  return { isAlways: false, isForSome, had: shownBefore(inventory, query) }
}

/** What a look has seen of them. */
export interface SpareSeen {
  readonly pci: Reading<readonly PciGpu[]>
  /** undefined: nobody was asked. */
  readonly query?: QueryAnswer | undefined
  /** Whether the driver is loaded. */
  readonly isLoaded: boolean
}

/**
 * Places of cards for screens that NVIDIA's driver does not have and never had: nobody misses them, and no reboot brings them.
 * @param driver what was known of it before this look
 */
export function sparePlaces(
  { pci, query, isLoaded }: SpareSeen,
  driver: Pick<DriverKnown, 'wasLoaded' | 'had' | 'bound'>,
  around: SpareAround,
): ReadonlySet<string> {
  if (!pci.ok) return new Set()
  const needs = needsOf(pci.value, needKnown({ gpus: pci.value, isLoaded }, expectedOf(around, query), driver))
  return new Set([...needs].flatMap(([place, need]) => (need === 'spare' ? [place] : [])))
}

/** GPUs of this node's own: neither given away nor spare. */
export function ownGpus(gpus: readonly PciGpu[], spare: ReadonlySet<string>): readonly PciGpu[] {
  return gpus.filter((one) => !isGivenAway(one) && !spare.has(one.place))
}
