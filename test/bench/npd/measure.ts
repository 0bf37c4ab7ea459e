/** Small things that the parts of the benchmark need. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, memoryOf } from '../process/cost.ts'

export function percentile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Millicores of a process, its ended children not counted, over so many seconds. */
export async function millicoresOf(pid: number, seconds: number): Promise<number> {
  const beganMs = performance.now()
  const before = cpuMs(pid)
  await sleep(seconds * 1000)
  return ((cpuMs(pid) - before) * 1000) / (performance.now() - beganMs)
}

export function privateMiB(pid: number): number {
  return memoryOf(pid).privateMiB
}

export function argument(name: string, or: number): number {
  const at = process.argv.indexOf(name)
  return at < 0 ? or : Number(process.argv[at + 1])
}
