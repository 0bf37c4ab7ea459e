/** A memory limit for a process of a test, as a container has one: a cgroup of its own, of either version, without swap. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** What each version calls its files. */
const FILES = {
  v1: { limit: 'memory.limit_in_bytes', swap: 'memory.memsw.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
  v2: { limit: 'memory.max', swap: 'memory.swap.max', peak: 'memory.peak' },
} as const

export interface MemoryLimit {
  /** Put before a program: it and what it starts are held from their first page on. */
  readonly wrap: readonly [program: string, ...args: string[]]
  /** The most that was used at a time, in bytes: memory, files that were read, and the kernel's own. */
  peakBytes(): Promise<number>
  /** How often the kernel ended a process of it. */
  kills(): Promise<number>
  /** Takes the cgroup away, once nobody is in it. */
  remove(): Promise<void>
}

/** Where a cgroup of ours can be made, or undefined where this machine has no such place. */
export function memoryHierarchy(): 'v1' | 'v2' | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(join(ROOT, 'memory', FILES.v1.limit))) return 'v1'
  const controllers = join(ROOT, 'cgroup.controllers')
  return existsSync(controllers) && readFileSync(controllers, 'utf8').split(/\s/).includes('memory') ? 'v2' : undefined
}

/** @param name of the folder; nobody else's */
export async function createMemoryLimit(name: string, bytes: number): Promise<MemoryLimit> {
  const version = memoryHierarchy() ?? 'v2'
  const base = version === 'v1' ? join(ROOT, 'memory') : ROOT
  const folder = join(base, name)
  const { limit, swap, peak } = FILES[version]
  if (version === 'v2') await writeFile(join(ROOT, 'cgroup.subtree_control'), '+memory')
  await mkdir(folder)
  await writeFile(join(folder, limit), String(bytes))
  // Of version 1 both together are bounded. A machine without swap has no such file.
  if (existsSync(join(folder, swap))) await writeFile(join(folder, swap), version === 'v1' ? String(bytes) : '0')
  const enter = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`
  return {
    wrap: ['sh', '-c', enter, 'sh'],
    peakBytes: async () => Number(await readFile(join(folder, peak), 'utf8')),
    async kills() {
      const events = await readFile(join(folder, version === 'v1' ? 'memory.oom_control' : 'memory.events'), 'utf8')
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
    },
    remove: () => rmdir(folder),
  }
}
