/** Memory, swap and the kernel's killings, from /proc. */

import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { count, observe, understood } from '#monitor-kit/source'

/** In bytes. */
export interface MemoryState {
  readonly total: number
  /** What can be had without swapping (since Linux 3.14). */
  readonly available: number
  readonly swapTotal: number
  readonly swapFree: number
}

export interface MemoryReading {
  readonly memory: Reading<MemoryState>
  /** Processes killed since boot for want of memory, of the node or of a cgroup (since Linux 4.13). */
  readonly oomKills: Reading<number>
}

function kib(text: string, key: string): number | undefined {
  const value = count(new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(text)?.[1])
  return value === undefined ? undefined : value * 1024
}

/** /proc/meminfo; undefined when it makes no sense. */
export function parseMeminfo(text: string): MemoryState | undefined {
  const total = kib(text, 'MemTotal')
  const available = kib(text, 'MemAvailable')
  if (total === undefined || available === undefined || total === 0 || available > total) return undefined
  const swapTotal = kib(text, 'SwapTotal') ?? 0
  return { total, available, swapTotal, swapFree: Math.min(swapTotal, kib(text, 'SwapFree') ?? 0) }
}

/** /proc/vmstat */
export function parseOomKills(text: string): number | undefined {
  return count(/^oom_kill (\d+)$/m.exec(text)?.[1])
}

export async function readMemory(host: Host): Promise<MemoryReading> {
  const [memory, oomKills] = await Promise.all([
    observe(async () => {
      const text = await host.files.readText('/proc/meminfo')
      return understood('/proc/meminfo', text, parseMeminfo(text), 'MemTotal: 24731708 kB, MemAvailable: 24331888 kB')
    }),
    observe(async () => {
      const text = await host.files.readText('/proc/vmstat')
      return understood('/proc/vmstat', text, parseOomKills(text), 'oom_kill 0')
    }),
  ])
  return { memory, oomKills }
}
