/** Mounts, their space, and the disks below them. */

import { type FsStat, type Host, HostReadError } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { observe, understood } from '#monitor-kit/source'
import type { Config } from './config.ts'
import { type DeviceCounters, parseDiskstats } from './diskstats.ts'
import {
  type Access,
  accessOf,
  answersFromMemory,
  fileSystemOf,
  type Mount,
  mountOf,
  mountsBelow,
  parseFstab,
  parseMountinfo,
  selectMounts,
  turnedReadOnly,
} from './mounts.ts'

/** Percent in use from which on something is wrong. */
export interface SpaceLimits {
  readonly warningThreshold: number
  readonly criticalThreshold: number
  readonly inodeWarningThreshold: number
  readonly inodeCriticalThreshold: number
}

/** One file system that is watched. */
export interface Place {
  /** As configured, or the mount point. */
  readonly path: string
  readonly limits: SpaceLimits
  /** undefined: there is no such path. */
  readonly space: Reading<FsStat> | undefined
  /** undefined: by /proc it is not known what holds the path. */
  readonly access: Access | undefined
  /** What /etc/fstab says; undefined when it does not name it. */
  readonly meantWritable: boolean | undefined
  /** It lies on a device of the device mapper that was made for reading alone, as images with dm-verity are. */
  readonly sealed: boolean
  /** By the kernel it was mounted for writing, and is read-only now. */
  readonly turned: boolean
  /** Which file system that is; undefined: not known. */
  readonly fileSystem: string | undefined
}

export interface DiskReading {
  /** Why the places are not known; then there are only those that the configuration names. */
  readonly mounts: Reading<undefined>
  readonly places: readonly Place[]
  /** How many mounts were left out because there are too many. */
  readonly omitted: number
  readonly devices: Reading<ReadonlyMap<string, DeviceCounters>>
}

/** More file systems than that on one node's own disks would be a mistake of ours in choosing them. */
const MAX_PLACES = 64

/** How long a file system may take to tell its space. */
const STATFS_TIMEOUT_MS = 5_000

async function readMountinfo(host: Host, path: string): Promise<readonly Mount[]> {
  const text = await host.files.readText(path)
  return understood(path, text, parseMountinfo(text), '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw')
}

/**
 * Our own mounts: on the machine itself all of them, in a container those below the prefix, which are just those that can be
 * asked for their space. Where the prefix is no mount, the word of PID 1 counts; it takes rights over that process.
 */
async function readMounts(host: Host): Promise<readonly Mount[]> {
  const own = '/proc/self/mountinfo'
  if (host.root === '') return readMountinfo(host, own)
  const seen = await observe(() => readMountinfo(host, own))
  const below = seen.ok ? mountsBelow(seen.value, host.root) : []
  return below.length > 0 ? below : readMountinfo(host, '/proc/1/mountinfo')
}

/** What /etc/fstab says; nothing where it cannot be read, as on images that mount by other means. */
async function readFstab(host: Host): Promise<ReadonlyMap<string, boolean>> {
  const text = await observe(() => host.files.readText('/etc/fstab'))
  return text.ok ? parseFstab(text.value) : new Map()
}

function isAbsent(error: unknown): boolean {
  return error instanceof HostReadError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** Asked only of what is read-only. A disk that is write-protected is none: that may be a fault. */
async function isSealed(host: Host, { device }: Mount): Promise<boolean> {
  const folder = `/sys/dev/block/${device}`
  const [isReadOnly, isMapped] = await Promise.all([
    observe(() => host.files.readText(`${folder}/ro`)),
    observe(() => host.files.readText(`${folder}/dm/name`)),
  ])
  return isMapped.ok && isReadOnly.ok && isReadOnly.value.trim() === '1'
}

async function readPlace(
  host: Host,
  wanted: { readonly path: string; readonly limits: SpaceLimits },
  mounts: readonly Mount[],
  fstab: ReadonlyMap<string, boolean>,
): Promise<Place> {
  const { path, limits } = wanted
  const local = answersFromMemory(path, mounts)
  let absent = false
  const space = await observe(async () => {
    try {
      return await host.files.statfs(path, { timeoutMs: STATFS_TIMEOUT_MS, local })
    } catch (error) {
      absent = isAbsent(error)
      throw error
    }
  })
  // Only where that cannot hang: a symbolic link of the configuration leads to the file system that counts.
  const real = local && space.ok ? await observe(() => host.files.realPath(path)) : observed(path)
  const mount = mountOf(real.ok ? real.value : path, mounts)
  const access = mount && accessOf(mount)
  return {
    path,
    limits,
    space: absent ? undefined : space,
    access,
    sealed: mount !== undefined && access === 'read-only' && (await isSealed(host, mount)),
    meantWritable: mount === undefined ? undefined : fstab.get(mount.mountPoint),
    turned: mount !== undefined && turnedReadOnly(mount),
    fileSystem: mount && fileSystemOf(mount),
  }
}

/** What to watch: the configured paths, else every local file system. */
function wantedPlaces(config: Config, mounts: readonly Mount[]) {
  if (config.paths.length > 0) return config.paths.map(({ path, ...limits }) => ({ path, limits }))
  return selectMounts(mounts).map(({ mountPoint }) => ({ path: mountPoint, limits: config }))
}

export interface DiskSource {
  read(config: Config): Promise<DiskReading>
}

export function createDiskSource(host: Host): DiskSource {
  const hardware = new Map<string, boolean>()

  /** Partitions, loops, RAM disks and what is stacked on other disks (dm, md) have no device of their own. */
  async function isHardware(name: string): Promise<boolean> {
    const known = hardware.get(name)
    if (known !== undefined) return known
    const found =
      !/^(sr|fd)\d/.test(name) && (await host.files.exists(`/sys/block/${name.replaceAll('/', '!')}/device`))
    hardware.set(name, found)
    return found
  }

  async function readDevices(): Promise<ReadonlyMap<string, DeviceCounters>> {
    const text = await host.files.readText('/proc/diskstats')
    const all = understood('/proc/diskstats', text, parseDiskstats(text), '254 0 vda 60615 10136 4788322 12137 17585 …')
    for (const name of hardware.keys()) if (!all.has(name)) hardware.delete(name)
    const disks = new Map<string, DeviceCounters>()
    for (const [name, counters] of all) if (await isHardware(name)) disks.set(name, counters)
    return disks
  }

  return {
    async read(config) {
      const [mounts, fstab, devices] = await Promise.all([
        observe(() => readMounts(host)),
        readFstab(host),
        observe(readDevices),
      ])
      const known = mounts.ok ? mounts.value : []
      const wanted = wantedPlaces(config, known)
      const places = await Promise.all(wanted.slice(0, MAX_PLACES).map((place) => readPlace(host, place, known, fstab)))
      const why: Reading<undefined> = mounts.ok ? observed(undefined) : mounts
      return { mounts: why, places, omitted: Math.max(0, wanted.length - MAX_PLACES), devices }
    },
  }
}
