/** GPUs of NVIDIA on the PCI bus, whoever drives them. */
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { observe, readNvidiaGpus } from '#monitor-kit/source'
import { placeOf } from '../cards/pci.ts'

export { isGivenAway } from '#monitor-kit/evaluate'

/** A device. */
export interface PciGpu {
  readonly place: string
  /** What it is there for, by its class on PCI. */
  readonly kind: 'display' | 'compute'
  /** "nvidia", "nouveau", "vfio-pci"; undefined: none has it. */
  readonly driver: string | undefined
}

/** All of them, those that were given away (vfio-pci) too. */
export function readPciGpus(host: Pick<Host, 'files'>): Promise<Reading<readonly PciGpu[]>> {
  return observe(async () => {
    const gpus = await readNvidiaGpus(host)
    return gpus.flatMap(({ place: device, kind, driver }) => {
      const place = placeOf(device)
      return place === undefined ? [] : [{ place, kind, driver }]
    })
  })
}
