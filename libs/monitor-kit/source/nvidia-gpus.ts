/** NVIDIA's GPUs as PCI has them: without a driver, and without asking it. */
import type { Host } from '#host'
import { type PciGpu, pciGpuOf } from '../evaluate/nvidia-gpu.ts'

const DEVICES = '/sys/bus/pci/devices'

/**
 * In the order of their places; none where there is no PCI.
 * @throws HostReadError where PCI cannot be looked at, other than by not being there
 */
export async function readNvidiaGpus({ files }: Pick<Host, 'files'>): Promise<readonly PciGpu[]> {
  if (!(await files.exists(DEVICES))) return []
  const places = await files.list(DEVICES)
  const texts = await files.readEach(places.map((place) => `${DEVICES}/${place}/uevent`))
  return places.flatMap((place, index) => pciGpuOf(place, texts[index] ?? '') ?? [])
}
