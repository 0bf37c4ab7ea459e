/** Where a check runs (`monitors[].when`): judged by the machine, in the process that has its files. */
import type { PlaceName } from '#config'
import type { Host } from '#host'
import type { Logger } from '#service'
import type { CheckInstance } from './types.ts'

const PCI = '/sys/bus/pci/devices'
const NVIDIA = '0x10de'
/** PCI's codes: a VGA controller (0300) or a 3D controller (0302); the last two digits are an interface. */
const GPU = /^0x030[02]/

/** Whether a PCI device is a GPU of NVIDIA, by its files `vendor` and `class` ("0x10de", "0x030200"). */
export function isNvidiaGpu(vendor: string | undefined, pciClass: string | undefined): boolean {
  return vendor?.trim() === NVIDIA && GPU.test(pciClass ?? '')
}

/** @throws HostReadError where PCI cannot be looked at, other than by not being there. */
async function hasNvidiaGpu({ files }: Pick<Host, 'files'>): Promise<boolean> {
  if (!(await files.exists(PCI))) return false
  const devices = await files.list(PCI)
  const read = (name: string) => files.readEach(devices.map((device) => `${PCI}/${device}/${name}`))
  const [vendors, classes] = await Promise.all([read('vendor'), read('class')])
  return devices.some((_, index) => isNvidiaGpu(vendors[index], classes[index]))
}

/** Whether a check is meant for this machine. @throws HostReadError */
export async function isPlace(place: PlaceName, host: Pick<Host, 'files'>): Promise<boolean> {
  switch (place) {
    case 'always':
      return true
    case 'nvidia-gpu':
      return hasNvidiaGpu(host)
  }
}

/**
 * Those checks that are meant for this machine; the others are as if nobody had written them. Where that cannot be judged a check
 * runs, and says itself what it cannot see.
 */
export async function instancesHere(
  instances: readonly CheckInstance[],
  { host, log }: { readonly host: Pick<Host, 'files'>; readonly log: Logger },
): Promise<readonly CheckInstance[]> {
  const places = new Set(instances.map(({ when = 'always' }) => when))
  const here = new Set<PlaceName>()
  for (const place of places) {
    const holds = await isPlace(place, host).catch((err: unknown) => {
      log.warn('it cannot be told whether checks are meant for this machine; they run', { when: place, err })
      return true
    })
    if (holds) here.add(place)
  }
  const meant = instances.filter(({ when = 'always' }) => here.has(when))
  const [away] = instances.filter(({ when = 'always' }) => !here.has(when))
  if (away !== undefined)
    log.info('checks are not meant for this machine', { when: away.when, checks: instances.length - meant.length })
  return meant
}
