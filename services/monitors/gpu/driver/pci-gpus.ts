/** GPUs of NVIDIA on the PCI bus, whoever drives them. */
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { placeOf } from '../cards/pci.ts'

const DEVICES = '/sys/bus/pci/devices'
const NVIDIA = '0x10de'
/** A VGA or a 3D controller; the last two digits are an interface. */
const GPU = /^0x030[02]/

/** A device. */
export interface PciGpu {
  readonly place: string
  /** "nvidia", "nouveau", "vfio-pci"; undefined: none has it. */
  readonly driver: string | undefined
}

async function driverOf({ files }: Pick<Host, 'files'>, device: string): Promise<string | undefined> {
  const link = await files.readLink(`${DEVICES}/${device}/driver`).catch(() => undefined)
  return link?.split('/').at(-1)
}

async function list(host: Pick<Host, 'files'>): Promise<readonly PciGpu[]> {
  const { files } = host
  if (!(await files.exists(DEVICES))) return []
  const devices = await files.list(DEVICES)
  const read = (name: string) => files.readEach(devices.map((device) => `${DEVICES}/${device}/${name}`))
  const [vendors, classes] = await Promise.all([read('vendor'), read('class')])
  const gpus = devices.filter((_, i) => vendors[i]?.trim() === NVIDIA && GPU.test(classes[i] ?? ''))
  const found = gpus.map(async (device) => {
    const place = placeOf(device)
    // A function that a vGPU got is no card.
    const isPart = await files.exists(`${DEVICES}/${device}/physfn`)
    return place === undefined || isPart ? [] : [{ place, driver: await driverOf(host, device) }]
  })
  return (await Promise.all(found)).flat()
}

/** All of them, those that were given away (vfio-pci) too. */
export function readPciGpus(host: Pick<Host, 'files'>): Promise<Reading<readonly PciGpu[]>> {
  return observe(() => list(host))
}

/** One that a virtual machine has is not this node's: nothing of it is a fault. */
export function isGivenAway({ driver }: PciGpu): boolean {
  return driver === 'vfio-pci'
}
