/** What the slot of a GPU has: PCI shows the port that it sits behind. */
import type { Host } from '#host'
import { type GpuRow, numberIn } from '../../smi/rows.ts'

const DEVICES = '/sys/bus/pci/devices'
/** Of the last part of a path in /sys/devices: "0000:80:01.0". */
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i

/** The port that a device sits behind; undefined: none is shown, as in most virtual machines. */
async function portOf({ files }: Pick<Host, 'files'>, place: string): Promise<string | undefined> {
  // ../../../devices/pci0000:80/0000:80:01.0/0000:83:00.0
  const link = await files.readLink(`${DEVICES}/${place}.0`).catch(() => undefined)
  const port = link?.split('/').at(-2)
  return port !== undefined && ADDRESS.test(port) ? port : undefined
}

async function lanesOf(host: Pick<Host, 'files'>, place: string): Promise<number | undefined> {
  const port = await portOf(host, place)
  if (port === undefined) return undefined
  const text = (await host.files.readText(`${DEVICES}/${port}/max_link_width`).catch(() => '')).trim()
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined
}

/** Lanes by place, of GPUs that use fewer than they could; who is not there is not shown. Never rejects. */
export async function readSlots(
  host: Pick<Host, 'files'>,
  rows: readonly GpuRow[],
): Promise<ReadonlyMap<string, number>> {
  const narrow = rows.filter((row) => {
    const [now, most] = [numberIn(row, 'pcie.link.width.current'), numberIn(row, 'pcie.link.width.max')]
    return now !== undefined && most !== undefined && now < most
  })
  const read = narrow.map(async ({ place }) => [place, await lanesOf(host, place)] as const)
  const found = await Promise.all(read)
  return new Map(found.flatMap(([place, lanes]) => (lanes === undefined ? [] : [[place, lanes] as const])))
}
