/** Counters of block devices. Pure. */
import { complete, count, fields } from '#monitor-kit/source'

/** Since boot, but for `inFlight` (Documentation/admin-guide/iostats). */
export interface DeviceCounters {
  /** Reads, writes and discards. */
  readonly completed: number
  /** Milliseconds that all of them took together. */
  readonly waitedMs: number
  /** Milliseconds in which at least one was on its way. */
  readonly busyMs: number
  /** On their way now. */
  readonly inFlight: number
}

function parseLine(line: string): readonly [string, DeviceCounters] | undefined {
  const parts = fields(line)
  const name = parts[2]
  const numbers = complete(parts.slice(3).map(count))
  if (name === undefined || numbers === undefined || numbers.length < 11) return undefined
  const [reads, , , readMs, writes, , , writeMs, inFlight, busyMs] = numbers
  const discards = numbers[11] ?? 0
  const discardMs = numbers[14] ?? 0
  return [
    name,
    {
      completed: reads! + writes! + discards,
      waitedMs: readMs! + writeMs! + discardMs,
      busyMs: busyMs!,
      inFlight: inFlight!,
    },
  ]
}

/** By name; lines that make no sense are left out; undefined when none makes any. An empty file is a machine without disks. */
export function parseDiskstats(text: string): ReadonlyMap<string, DeviceCounters> | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const devices = lines.map(parseLine).filter((device) => device !== undefined)
  return lines.length > 0 && devices.length === 0 ? undefined : new Map(devices)
}
