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
  /** When each device that was asked after has recorded its last error, by the wall clock; 0: never. Only ext4 says so. */
  readonly erredAtMs: ReadonlyMap<string, number>
}

/** By driver; one that is not in it says nothing. */
export type Mounted = ReadonlyMap<Driver, Listing>

/** What each has in its folder beside what is mounted: without it the folder is not the kernel's. */
const ALWAYS: Readonly<Record<Driver, string>> = { ext4: 'features', xfs: 'stats', btrfs: 'features', f2fs: 'features' }

const NONE: ReadonlyMap<string, never> = new Map<string, never>()

/** `last_error_time` is in seconds, and 0 where there was none (fs/ext4/sysfs.c); what says neither is left out. */
async function errorsOf(files: Files, devices: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const texts = await files.readEach(devices.map((device) => `/sys/fs/ext4/${device}/last_error_time`))
  const times = devices.map((device, index) => [device, texts[index]?.trim() ?? ''] as const)
  return new Map(times.flatMap(([device, text]) => (/^\d{1,12}$/.test(text) ? [[device, Number(text) * 1000]] : [])))
}

/** @throws HostReadError */
async function listingOf(files: Files, driver: Driver, devices: ReadonlySet<string>): Promise<Listing | undefined> {
  const folder = `/sys/fs/${driver}`
  const names = await files.list(folder)
  if (!names.includes(ALWAYS[driver])) return undefined
  if (driver !== 'btrfs') {
    const asked = driver === 'ext4' ? names.filter((name) => devices.has(name)) : []
    const erredAtMs = asked.length === 0 ? NONE : await errorsOf(files, asked)
    return { fileSystems: new Set(names), byDevice: NONE, erredAtMs }
  }
  const uuids = names.filter((name) => /^[0-9a-f]{8}-/.test(name))
  const devicesOf = async (uuid: string) =>
    (await files.list(`${folder}/${uuid}/devices`)).map((device) => [device, uuid] as const)
  const byDevice = new Map((await Promise.all(uuids.map(devicesOf))).flat())
  return { fileSystems: new Set(uuids), byDevice, erredAtMs: NONE }
}

/** What makes a difference. */
export interface AskedOfMounts {
  /** Who lists what is mounted. */
  readonly driversAsked: ReadonlySet<Driver>
  /** Devices of which it does when they have recorded an error. */
  readonly devicesHeld: ReadonlySet<string>
}

/** What cannot be read says nothing, nor does what goes while it is read. */
export async function readMounted(files: Files, asked: AskedOfMounts | undefined): Promise<Mounted> {
  const mounted = new Map<Driver, Listing>()
  if (asked === undefined) return mounted
  const { driversAsked, devicesHeld } = asked
  for (const driver of driversAsked) {
    const listing = await observe(() => listingOf(files, driver, devicesHeld))
    if (listing.ok && listing.value !== undefined) mounted.set(driver, listing.value)
  }
  return mounted
}
