/** Whether a machine has no GPU of its own to look at. Pure. */
import { type DriverKnown, FIRST_DRIVER, type Reading } from '#monitor-kit/evaluate'
import { type SpareAround, type SpareSeen, sparePlaces } from '../cards/spare.ts'
import { isGivenAway, type PciGpu } from './pci-gpus.ts'

/** Why there is nobody to be asked of: no card, or only such as drive screens without NVIDIA's driver. */
export type NoneHere = 'no-gpu' | 'for-screens'

/**
 * None of its own on PCI, and none is missed: those that were given away are no more than that.
 * @param knownPlaces where GPUs were seen before
 */
export function hasNoneHere(pci: Reading<readonly PciGpu[]>, knownPlaces: readonly string[]): boolean {
  if (!pci.ok || !pci.value.every(isGivenAway)) return false
  return knownPlaces.every((known) => pci.value.some(({ place }) => place === known))
}

/**
 * All that it has of its own drive screens, or nothing, none was ever shown, and there is no nvidia-smi: a workstation that nobody computes
 * on with NVIDIA's driver.
 * @param driver what is known of it
 */
export function isForScreensAlone(
  seen: SpareSeen,
  { inventory, expectedGpus }: SpareAround,
  driver: Pick<DriverKnown, 'wasLoaded' | 'had' | 'bound'> = FIRST_DRIVER,
): boolean {
  const { pci, query } = seen
  if (!pci.ok || query?.kind !== 'missing' || expectedGpus > 0 || Object.keys(inventory.known).length > 0) return false
  const own = pci.value.filter((one) => !isGivenAway(one))
  const spare = sparePlaces(seen, driver, { inventory, expectedGpus })
  return own.length > 0 && own.every(({ place }) => spare.has(place))
}
