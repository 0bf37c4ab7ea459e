/** What is mounted, as the kernel lists it: of all namespaces, by the names that its log has. */
import type { CheckContext } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import type { Driver } from './mount-lines.ts'

type Files = CheckContext<unknown>['host']['files']

/** What a driver lists. */
export interface Listing {
  /** By device, of btrfs by UUID: one may be of several devices, which come and go while it is mounted. */
  readonly fileSystems: ReadonlySet<string>
  /** By the device that each has now; of drivers whose name is the device itself none. */
  readonly byDevice: ReadonlyMap<string, string>
}

/** By driver; one that is not in it says nothing. */
export type Mounted = ReadonlyMap<Driver, Listing>

/** What each has in its folder beside what is mounted: without it the folder is not the kernel's. */
const ALWAYS: Readonly<Record<Driver, string>> = { ext4: 'features', xfs: 'stats', btrfs: 'features', f2fs: 'features' }

/** @throws HostReadError */
async function listingOf(files: Files, driver: Driver): Promise<Listing | undefined> {
  const folder = `/sys/fs/${driver}`
  const names = await files.list(folder)
  if (!names.includes(ALWAYS[driver])) return undefined
  if (driver !== 'btrfs') return { fileSystems: new Set(names), byDevice: new Map() }
  const uuids = names.filter((name) => /^[0-9a-f]{8}-/.test(name))
  const devicesOf = async (uuid: string) =>
    (await files.list(`${folder}/${uuid}/devices`)).map((device) => [device, uuid] as const)
  return { fileSystems: new Set(uuids), byDevice: new Map((await Promise.all(uuids.map(devicesOf))).flat()) }
}

/** What cannot be read says nothing, nor does what goes while it is read. */
export async function readMounted(files: Files, drivers: Iterable<Driver>): Promise<Mounted> {
  const mounted = new Map<Driver, Listing>()
  for (const driver of new Set(drivers)) {
    const listing = await observe(() => listingOf(files, driver))
    if (listing.ok && listing.value !== undefined) mounted.set(driver, listing.value)
  }
  return mounted
}
