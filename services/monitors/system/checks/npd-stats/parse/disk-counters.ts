/** /proc/diskstats. Pure. */
import { complete, count, fields } from '#monitor-kit/source'

/** One direction, since boot. */
export interface Transfers {
  readonly operations: number
  readonly merged: number
  readonly bytes: number
  readonly ms: number
}

/** A device, since boot (Documentation/admin-guide/iostats). Times in ms wrap at 2^32. */
export interface DiskCounters {
  readonly read: Transfers
  readonly write: Transfers
  /** In which at least one request was on its way. */
  readonly busyMs: number
  /** That all requests waited together. */
  readonly weightedMs: number
}

/** A sector of the block layer, whatever the device's own are. */
const SECTOR = 512

function parseLine(line: string): readonly [string, DiskCounters] | undefined {
  const parts = fields(line)
  const name = parts[2]
  const numbers = complete(parts.slice(3, 14).map(count))
  if (name === undefined || numbers === undefined || numbers.length < 11) return undefined
  // One that was never used is no disk to anybody (unused loops and RAM disks).
  if (numbers.every((number) => number === 0)) return undefined
  const transfers = (from: number): Transfers => ({
    operations: numbers[from]!,
    merged: numbers[from + 1]!,
    bytes: numbers[from + 2]! * SECTOR,
    ms: numbers[from + 3]!,
  })
  return [name, { read: transfers(0), write: transfers(4), busyMs: numbers[9]!, weightedMs: numbers[10]! }]
}

/** By name, those that did something; undefined when no line makes sense. An empty file is a machine without disks. */
export function parseDiskCounters(text: string): ReadonlyMap<string, DiskCounters> | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const makesSense =
    lines.length === 0 || lines.some((line) => complete(fields(line).slice(3, 14).map(count))?.length === 11)
  return makesSense ? new Map(lines.map(parseLine).filter((device) => device !== undefined)) : undefined
}
