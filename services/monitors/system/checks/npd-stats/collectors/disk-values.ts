/** What disks did and hold, as values. Pure. */
import type { FsStat } from '#host'
import { statOf, type Value } from '../metrics.ts'
import type { DiskCounters } from '../parse/disk-counters.ts'
import type { Partition } from '../partitions.ts'

/** What devices had done at a moment. */
export interface DiskSample {
  readonly monoMs: number
  readonly devices: ReadonlyMap<string, DiskCounters>
}

/** Requests that were on their way on average since the sample before; undefined without one, or where the kernel began anew. */
function queueLength(name: string, now: DiskSample, before: DiskSample | undefined): number | undefined {
  const [waited, had] = [now, before].map((sample) => sample?.devices.get(name)?.weightedMs)
  const elapsedMs = now.monoMs - (before?.monoMs ?? now.monoMs)
  if (waited === undefined || had === undefined || waited < had || elapsedMs <= 0) return undefined
  return (waited - had) / elapsedMs
}

/** What the devices of a sample did. */
export function diskValues(now: DiskSample, before: DiskSample | undefined): readonly Value[] {
  return [...now.devices].flatMap(([name, { read, write, busyMs, weightedMs }]) => {
    const queue = queueLength(name, now, before)
    const directions = [
      ['read', read],
      ['write', write],
    ] as const
    return [
      statOf('disk/io_time', busyMs, name),
      statOf('disk/weighted_io', weightedMs, name),
      ...(queue === undefined ? [] : [statOf('disk/avg_queue_len', queue, name)]),
      ...directions.flatMap(([direction, { operations, merged, bytes, ms }]) => [
        statOf('disk/operation_count', operations, name, direction),
        statOf('disk/merged_operation_count', merged, name, direction),
        statOf('disk/operation_bytes_count', bytes, name, direction),
        statOf('disk/operation_time', ms, name, direction),
      ]),
    ]
  })
}

/** Space of a file system. @param device its source without `/dev/` */
export function spaceValues(device: string, { type, options }: Partition, space: FsStat): readonly Value[] {
  const used = space.sizeBytes - space.freeBytes
  const labels = [device, type, options.join(',')]
  const usable = used + space.availableBytes
  return [
    statOf('disk/bytes_used', space.availableBytes, ...labels, 'free'),
    statOf('disk/bytes_used', used, ...labels, 'used'),
    statOf('disk/percent_used', usable === 0 ? 0 : (used / usable) * 100, device),
  ]
}
