/** What the kernel shows of the PCI bus beside the GPUs themselves: switches of the fabric, and errors that were corrected. */
import type { Host } from '#host'
import { isGivenAway } from '#monitor-kit/evaluate'
import { placeOf } from '../../cards/pci.ts'

const DEVICES = '/sys/bus/pci/devices'
const NVIDIA = '0x10de'
/** A bridge of no other kind: that is an NVSwitch (PCI's class 0680). */
const SWITCH = /^0x0680/
/** "TOTAL_ERR_COR 12", the last line of aer_dev_correctable. */
const CORRECTED = /^TOTAL_ERR_COR (\d{1,15})$/m

/** NVSwitches that this machine has itself. @throws HostReadError where PCI cannot be looked at, other than by not being there */
export async function countSwitches({ files }: Pick<Host, 'files'>): Promise<number> {
  if (!(await files.exists(DEVICES))) return 0
  const devices = await files.list(DEVICES)
  const read = (name: string) => files.readEach(devices.map((device) => `${DEVICES}/${device}/${name}`))
  const [vendors, classes] = await Promise.all([read('vendor'), read('class')])
  const switches = devices.filter((_, at) => vendors[at]?.trim() === NVIDIA && SWITCH.test(classes[at] ?? ''))
  // One that a virtual machine has is managed there.
  const links = switches.map((device) => files.readLink(`${DEVICES}/${device}/driver`).catch(() => undefined))
  return (await Promise.all(links)).filter((link) => !isGivenAway({ driver: link?.split('/').at(-1) })).length
}

/** Errors that PCIe corrected, since the boot, of each place; who counts none (no AER) is not there. */
export async function readCorrected(
  { files }: Pick<Host, 'files'>,
  places: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const texts = await files.readEach(places.map((place) => `${DEVICES}/${place}.0/aer_dev_correctable`))
  return new Map(
    places.flatMap((place, at): [string, number][] => {
      const count = CORRECTED.exec(texts[at] ?? '')?.[1]
      return placeOf(place) === undefined || count === undefined ? [] : [[place, Number(count)]]
    }),
  )
}
