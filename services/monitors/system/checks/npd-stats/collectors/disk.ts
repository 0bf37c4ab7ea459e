/** What disks did, and the space of file systems that lie on a device. */
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { observe, understood } from '#monitor-kit/source'
import { answersFromMemory, type Mount, mountsBelow, parseMountinfo } from '../../disk/mounts.ts'
import type { MetricId } from '../metrics.ts'
import { parseDiskCounters } from '../parse/disk-counters.ts'
import { baseName, type Partition, partitionsOf } from '../partitions.ts'
import { type DiskSample, diskValues, spaceValues } from './disk-values.ts'
import { createLsblk } from './lsblk.ts'
import { type Around, type Collected, type Collector, collected, isWanted, NOTHING, together } from './types.ts'

const COUNTERS: readonly MetricId[] = [
  'disk/io_time',
  'disk/weighted_io',
  'disk/avg_queue_len',
  'disk/operation_count',
  'disk/merged_operation_count',
  'disk/operation_bytes_count',
  'disk/operation_time',
]
const SPACE: readonly MetricId[] = ['disk/bytes_used', 'disk/percent_used']

async function readMountinfo(host: Host, path: string): Promise<readonly Mount[]> {
  const text = await host.files.readText(path)
  return understood(path, text, parseMountinfo(text), '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw')
}

/** PID 1's, as NPD has it, which takes rights over that process; else ours. In a container those below the host's prefix. */
async function readMounts(host: Host): Promise<readonly Mount[]> {
  const own = '/proc/self/mountinfo'
  if (host.root !== '') {
    const seen = await observe(() => readMountinfo(host, own))
    const below = seen.ok ? mountsBelow(seen.value, host.root) : []
    return below.length > 0 ? below : readMountinfo(host, '/proc/1/mountinfo')
  }
  const first = await observe(() => readMountinfo(host, '/proc/1/mountinfo'))
  return first.ok ? first.value : readMountinfo(host, own)
}

/** The device that is meant: what the device mapper gave a name, and what the kernel was told as its root, are links to it. */
async function realSource(host: Host, { source, device }: Partition): Promise<string> {
  const link = source === '/dev/root' ? `/sys/dev/block/${device}` : source
  if (link === source && !source.startsWith('/dev/mapper/')) return source
  const target = await observe(() => host.files.readLink(link))
  return target.ok ? `/dev/${baseName(target.value)}` : source
}

/** A file system with the device that is meant. */
interface Placed {
  readonly source: string
  readonly partition: Partition
}

/** One for each source, the first. */
function once(placed: readonly Placed[]): readonly Placed[] {
  return [...new Map([...placed].reverse().map((one) => [one.source, one])).values()].reverse()
}

async function spaceOf(around: Around, { source, partition }: Placed, mounts: readonly Mount[]): Promise<Collected> {
  const { host, answerMs } = around
  const { mountPoint } = partition
  const local = answersFromMemory(mountPoint, mounts)
  const space = await observe(() => host.files.statfs(mountPoint, { timeoutMs: answerMs, local }))
  return collected(space, (stat) => spaceValues(source.replace(/^\/dev\//, ''), partition, stat))
}

/** Which devices are told; undefined: all. */
function chosen(
  plan: Around['plan'],
  root: Reading<readonly string[]> | undefined,
  placed: readonly Placed[],
): ReadonlySet<string> | undefined {
  const names = [
    ...(root?.ok ? root.value : []),
    ...(plan.includeAllAttachedBlk ? placed.map(({ source }) => baseName(source)) : []),
  ]
  // A list that could not be made is none of all devices.
  return names.length > 0 || root?.ok === false ? new Set(names) : undefined
}

/** Collects the section "disk"; it keeps what devices had done for the length of their queues. */
export function createDiskCollector(): Collector {
  const lsblk = createLsblk()
  let before: DiskSample | undefined

  async function counters(around: Around, placed: readonly Placed[]): Promise<Collected> {
    const { host, plan, clock } = around
    if (!isWanted(plan, COUNTERS)) return NOTHING
    const root = plan.includeRootBlk ? await lsblk(around) : undefined
    const names = chosen(plan, root, placed)
    const path = '/proc/diskstats'
    const reading = await observe(async () => {
      const text = await host.files.readText(path)
      const all = understood(path, text, parseDiskCounters(text), '254 0 vda 60615 10136 4788322 12137 17585 …')
      const devices = new Map([...all].filter(([name]) => names?.has(name) ?? true))
      return { monoMs: clock.monotonicMs(), devices }
    })
    const done = collected(reading, (now) => diskValues(now, before))
    if (reading.ok) before = reading.value
    return root === undefined ? done : together([done, collected<unknown>(root, () => [])])
  }

  return {
    section: 'disk',
    async collect(around) {
      const { host, plan } = around
      const mounts = await observe(() => readMounts(host))
      const known = mounts.ok ? mounts.value : []
      const placed = once(
        await Promise.all(
          partitionsOf(known).map(async (partition) => ({ partition, source: await realSource(host, partition) })),
        ),
      )
      const space = isWanted(plan, SPACE) ? placed.map((one) => spaceOf(around, one, known)) : []
      const parts = await Promise.all([counters(around, placed), ...space])
      return together([...parts, collected<unknown>(mounts, () => [])])
    },
  }
}
