/** A group of processes with the limits that the manifest of node-problem-detector sets, of cgroup v1 or v2. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'
const PERIOD_US = 100_000

export interface Group extends Disposable {
  /** What a process is written to that is to be in it. */
  readonly lists: readonly string[]
  /** The most that it was charged with, page cache included, in MiB. */
  peakMiB(): number
  /** Processes that the kernel ended for memory. */
  kills(): number
}

export interface Limits {
  readonly memoryMiB: number
  readonly millicores: number
}

function numberIn(path: string): number {
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : Number.NaN
}

/** "oom_kill 0" of a file of counts. */
function countIn(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN)
}

/** A group of processes that were just killed is busy for a while longer. What stays so is named, not thrown: there is a result. */
function remove(path: string): void {
  for (let times = 0; times < 100; times++) {
    try {
      rmdirSync(path)
      return
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'EBUSY')) throw err
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  }
  console.error(`${path} is busy, and stays`)
}

function ofOneTree(name: string, { memoryMiB, millicores }: Limits): Group {
  const path = join(ROOT, name)
  writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory')
  mkdirSync(path)
  writeFileSync(join(path, 'memory.max'), String(memoryMiB * 1024 * 1024))
  writeFileSync(join(path, 'cpu.max'), `${millicores * (PERIOD_US / 1000)} ${PERIOD_US}`)
  return {
    lists: [join(path, 'cgroup.procs')],
    peakMiB: () => numberIn(join(path, 'memory.peak')) / 1024 / 1024,
    kills: () => countIn(join(path, 'memory.events'), 'oom_kill'),
    [Symbol.dispose]: () => remove(path),
  }
}

function ofManyTrees(name: string, { memoryMiB, millicores }: Limits): Group {
  const [memory, cpu] = [join(ROOT, 'memory', name), join(ROOT, 'cpu', name)]
  mkdirSync(memory)
  mkdirSync(cpu)
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(memoryMiB * 1024 * 1024))
  writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US))
  writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(millicores * (PERIOD_US / 1000)))
  return {
    lists: [join(memory, 'cgroup.procs'), join(cpu, 'cgroup.procs')],
    peakMiB: () => numberIn(join(memory, 'memory.max_usage_in_bytes')) / 1024 / 1024,
    kills: () => countIn(join(memory, 'memory.oom_control'), 'oom_kill'),
    [Symbol.dispose]() {
      remove(memory)
      remove(cpu)
    },
  }
}

/** @returns undefined where this user may make none */
export function createGroup(name: string, limits: Limits): Group | undefined {
  try {
    return existsSync(join(ROOT, 'cgroup.controllers')) ? ofOneTree(name, limits) : ofManyTrees(name, limits)
  } catch (err) {
    process.stdout.write(`no group with limits: ${err instanceof Error ? err.message : String(err)}\n`)
    return undefined
  }
}
