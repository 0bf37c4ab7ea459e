/** GPUs of NVIDIA on the PCI bus, whoever drives them. */
import type { Host } from '#host'
import type { PciGpu, Reading } from '#monitor-kit/evaluate'
import { observe, readNvidiaGpus } from '#monitor-kit/source'
import { placeOf } from '../cards/pci.ts'

export { isGivenAway, type PciGpu } from '#monitor-kit/evaluate'

/** All of them, those that were given away (vfio-pci) too. */
export function readPciGpus(host: Pick<Host, 'files'>): Promise<Reading<readonly PciGpu[]>> {
  return observe(async () => {
    const gpus = await readNvidiaGpus(host)
    return gpus.flatMap((gpu) => {
      const place = placeOf(gpu.place)
      return place === undefined ? [] : [{ ...gpu, place }]
    })
  })
}
