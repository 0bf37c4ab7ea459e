/** Where GPUs are, for who asks for each by itself before one answer had all of them. */
import type { Host } from '#host'
import type { InventoryFile } from './cards/inventory.ts'
import { isGivenAway, readPciGpus } from './driver/pci-gpus.ts'

/**
 * All that NVIDIA's driver has, since it knows no others (where the kernel says of none who has it, all that PCI has for this node), but
 * those that a person lets be since the driver never shows them; and, where the container is given only some, those of them that were
 * shown before. Never rejects.
 */
export async function placesHere(
  host: Pick<Host, 'files'>,
  inventory: Pick<InventoryFile, 'read'>,
): Promise<readonly (readonly string[])[]> {
  const [pci, { known, excused }] = await Promise.all([readPciGpus(host), inventory.read()])
  const shown = Object.values(known).map(({ place }) => place)
  if (!pci.ok) return [shown]
  const own = pci.value.filter((one) => !isGivenAway(one))
  const bound = own.filter(({ driver }) => driver === 'nvidia')
  const places = (bound.length > 0 ? bound : own).map(({ place }) => place)
  const here = places.filter((place) => excused?.includes(place) !== true)
  return [here, places.filter((place) => shown.includes(place))]
}
