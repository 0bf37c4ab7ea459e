/** What is mounted, as the kernel lists it: of all namespaces, by the names that its log has. */
import type { CheckContext } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import type { Driver } from './mount-lines.ts'

type Files = CheckContext<unknown>['host']['files']

/** Devices by driver; one that is not in it says nothing. */
export type Mounted = ReadonlyMap<Driver, ReadonlySet<string>>

/** What each has in its folder beside what is mounted: without it the folder is not the kernel's. */
const ALWAYS: Readonly<Record<Driver, string>> = { ext4: 'features', xfs: 'stats', btrfs: 'features', f2fs: 'features' }

/** @throws HostReadError */
async function devicesOf(files: Files, driver: Driver): Promise<ReadonlySet<string> | undefined> {
  const folder = `/sys/fs/${driver}`
  const names = await files.list(folder)
  if (!names.includes(ALWAYS[driver])) return undefined
  if (driver !== 'btrfs') return new Set(names)
  // By UUID; its lines name one of its devices.
  const uuids = names.filter((name) => /^[0-9a-f]{8}-/.test(name))
  return new Set((await Promise.all(uuids.map((uuid) => files.list(`${folder}/${uuid}/devices`)))).flat())
}

/** What cannot be read says nothing, nor does what goes while it is read. */
export async function readMounted(files: Files, drivers: Iterable<Driver>): Promise<Mounted> {
  const mounted = new Map<Driver, ReadonlySet<string>>()
  for (const driver of new Set(drivers)) {
    const devices = await observe(() => devicesOf(files, driver))
    if (devices.ok && devices.value !== undefined) mounted.set(driver, devices.value)
  }
  return mounted
}
