/** A processor limit for one process of a test: a cgroup of its own, of either version. */
import { existsSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'
const PERIOD_US = 100_000

export interface CpuLimit {
  /** Lets a process run for this share of a processor, above 0. */
  set(share: number): Promise<void>
  /** Takes a process in, with all its threads. */
  hold(pid: number): Promise<void>
  /** Lets its processes go and takes the cgroup away. */
  remove(): Promise<void>
}

/** Where a cgroup of ours can be made, or undefined where this machine has no such place. */
export function cpuHierarchy(): 'v1' | 'v2' | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(join(ROOT, 'cpu', 'cpu.cfs_quota_us'))) return 'v1'
  return existsSync(join(ROOT, 'cgroup.subtree_control')) ? 'v2' : undefined
}

/** @param name of the folder; nobody else's */
export async function createCpuLimit(name: string): Promise<CpuLimit> {
  const version = cpuHierarchy()
  const base = version === 'v1' ? join(ROOT, 'cpu') : ROOT
  const folder = join(base, name)
  const held: number[] = []
  if (version === 'v2') await writeFile(join(ROOT, 'cgroup.subtree_control'), '+cpu')
  await mkdir(folder)
  return {
    set(share) {
      const quota = Math.round(share * PERIOD_US)
      return version === 'v1'
        ? writeFile(join(folder, 'cpu.cfs_quota_us'), String(quota))
        : writeFile(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`)
    },
    async hold(pid) {
      held.push(pid)
      await writeFile(join(folder, 'cgroup.procs'), String(pid))
    },
    async remove() {
      for (const pid of held) if (existsSync(`/proc/${pid}`)) await writeFile(join(base, 'cgroup.procs'), String(pid))
      await rmdir(folder)
    },
  }
}
