/** What a process costs, as the kernel counts it. */
import { readFileSync } from 'node:fs'

const MIB = 1024 * 1024

export interface Memory {
  /** Anonymous and private dirty pages: what a container is charged beside shared page cache. */
  readonly privateMiB: number
  /** With its share of what others map too. */
  readonly pssMiB: number
}

/** @throws when the process is gone */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { privateMiB: (kib('Private_Dirty') * 1024) / MIB, pssMiB: (kib('Pss') * 1024) / MIB }
}

/** Two neighbours of `/proc/PID/stat`, counted from the state, in milliseconds; 100 ticks a second on Linux. */
function ticksMs(pid: number, index: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[index]) + Number(fields[index + 1])) * 10
}

/** User and system time, in milliseconds. */
export function cpuMs(pid: number): number {
  return ticksMs(pid, 11)
}

/** The same of programs that it has started and that have ended: `ping` of a monitor. */
export function programsCpuMs(pid: number): number {
  return ticksMs(pid, 13)
}

/** How often its main thread went to sleep of its own will: once for each time that something woke it. */
export function voluntarySwitches(pid: number): number {
  const text = readFileSync(`/proc/${pid}/task/${pid}/status`, 'utf8')
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1] ?? 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/**
 * MiB per hour: from the median of the first third to that of the last, over the two thirds of the time that lie between
 * their middles. What goes up and down with collections does not count as growth.
 * @param samples MiB, at equal distances in time
 */
export function growthPerHour(samples: readonly number[], seconds: number): number {
  const third = Math.floor(samples.length / 3)
  if (third === 0) return Number.NaN
  const grown = median(samples.slice(-third)) - median(samples.slice(0, third))
  return grown / ((seconds * 2) / 3 / 3600)
}
