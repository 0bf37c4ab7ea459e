/** NVIDIA's GPUs as PCI has them: without a driver, and without asking it. */
import { type Host, HostReadError } from '#host'
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

/** What the kernel says of a file of a device that is not there, or not any more. */
const GONE: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENODEV']

/** What stands in a file of a device; undefined: there is no such device any more. @throws HostReadError where it cannot be told */
async function textOf({ files }: Pick<Host, 'files'>, path: string): Promise<string | undefined> {
  return files.readText(path).catch((err: unknown) => {
    if (err instanceof HostReadError && GONE.includes(err.code)) return undefined
    throw err
  })
}

/**
 * In the order of their places; none where there is no PCI. A virtual function (`physfn`) is a part of a card, and none of its own.
 * @throws HostReadError where PCI cannot be looked at, other than by not being there
 */
export async function readNvidiaGpus(host: Pick<Host, 'files'>): Promise<readonly PciGpu[]> {
  const { files } = host
  if (!(await files.exists(NVIDIA_BUS))) return []
  const devices = await files.list(NVIDIA_BUS)
  const pathsOf = (name: string) => devices.map((device) => `${NVIDIA_BUS}/${device}/${name}`)
  /** Who is not read in one go is asked by itself: of a device that cannot be looked at nobody knows that it is no GPU. */
  const readEach = async (name: string) => {
    const paths = pathsOf(name)
    const texts = await files.readEach(paths)
    return Promise.all(texts.map(async (text, index) => text ?? textOf(host, paths[index] ?? '')))
  }
  const [vendors, classes] = await Promise.all([readEach('vendor'), readEach('class')])
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
