/** Whether a machine has no GPU of its own to look at. Pure. */
import type { Reading } from '#monitor-kit/evaluate'
import { isGivenAway, type PciGpu } from './pci-gpus.ts'

/**
 * None of its own on PCI, and none is missed: those that were given away are no more than that.
 * @param knownPlaces where GPUs were seen before
 */
export function hasNoneHere(pci: Reading<readonly PciGpu[]>, knownPlaces: readonly string[]): boolean {
  if (!pci.ok || !pci.value.every(isGivenAway)) return false
  return knownPlaces.every((known) => pci.value.some(({ place }) => place === known))
}
