/** NVIDIA's GPUs as PCI has them: without a driver, and without asking it. */
import type { Host } from '#host'
import { nvidiaDevice, nvidiaGpuKind, type PciGpu } from '../evaluate/nvidia-gpu.ts'

/** Where devices of PCI stand. */
export const NVIDIA_BUS = '/sys/bus/pci/devices'

async function modelOf({ files }: Pick<Host, 'files'>, place: string): Promise<string | undefined> {
  const [text] = await files.readEach([`${NVIDIA_BUS}/${place}/device`])
  return nvidiaDevice(text)
}

async function driverOf({ files }: Pick<Host, 'files'>, device: string): Promise<string | undefined> {
  const link = await files.readLink(`${NVIDIA_BUS}/${device}/driver`).catch(() => undefined)
  return link?.split('/').at(-1)
}

/**
 * In the order of their places; none where there is no PCI. A virtual function (`physfn`) is a part of a card, and none of its own.
 * @throws HostReadError where PCI cannot be looked at, other than by not being there
 */
export async function readNvidiaGpus(host: Pick<Host, 'files'>): Promise<readonly PciGpu[]> {
  const { files } = host
  if (!(await files.exists(NVIDIA_BUS))) return []
  const devices = await files.list(NVIDIA_BUS)
  const read = (name: string) => files.readEach(devices.map((device) => `${NVIDIA_BUS}/${device}/${name}`))
  const [vendors, classes] = await Promise.all([read('vendor'), read('class')])
  const gpus = devices.flatMap((place, index) => {
    const kind = nvidiaGpuKind(vendors[index], classes[index])
    return kind === undefined ? [] : [{ place, kind }]
  })
  const found = gpus.map(async ({ place, kind }) => {
    if (await files.exists(`${NVIDIA_BUS}/${place}/physfn`)) return []
    const [device, driver] = await Promise.all([modelOf(host, place), driverOf(host, place)])
    return [{ place, kind, ...(device !== undefined && { device }), driver }]
  })
  return (await Promise.all(found)).flat()
}
