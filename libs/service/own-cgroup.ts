/** What this process's own cgroup says of its limits; both versions of cgroups. What is not there is left out. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What this process uses of what its cgroup allows; without what the machine does not tell. */
export interface OwnUse {
  /** Time that it wanted to run and was held back by its processor limit, in all, in milliseconds. */
  readonly throttledMs?: number
  /** Memory that cannot be given back (files that are cached can), as a share of its limit, 0 to 1. */
  readonly memoryShare?: number
  /** The limit, in bytes. */
  readonly memoryLimit?: number
}

/** Larger than any machine: the first version's word for "no limit" is the largest number of pages. */
const NO_LIMIT_BYTES = 2 ** 50

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

/** The first of the files that is there. */
async function first(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await text(path)
    if (found !== undefined) return found
  }
  return undefined
}

function numberOf(content: string | undefined): number | undefined {
  const value = Number(content?.trim() || 'none')
  return Number.isFinite(value) ? value : undefined
}

/** The value of one key of a flat-keyed file. */
function keyed(content: string | undefined, key: string): number | undefined {
  const line = content?.split('\n').find((one) => one.startsWith(`${key} `))
  return line === undefined ? undefined : numberOf(line.slice(key.length + 1))
}

/** Controller → path of this process in its hierarchy; '' is that of the second version. */
function hierarchies(content: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of content.split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === '') continue
    for (const controller of controllers.split(',')) found.set(controller, path)
  }
  return found
}

/**
 * Reads it. A container often sees its own cgroup as the root of the hierarchy, whatever path it is told.
 * @param root where `proc` and `sys` are; `/` outside of tests
 */
export async function readOwnUse(root = '/'): Promise<OwnUse> {
  const cgroups = hierarchies((await text(join(root, 'proc/self/cgroup'))) ?? '')
  const base = join(root, 'sys/fs/cgroup')
  function places(controller: string, file: string): string[] {
    const path = cgroups.get(controller)
    const folders = controller === '' ? [''] : [controller, controller === 'cpu' ? 'cpu,cpuacct' : controller]
    if (path === undefined) return []
    return folders.flatMap((folder) => [join(base, folder, path, file), join(base, folder, file)])
  }
  const [stat2, current2, max2, memory2] = await Promise.all(
    ['cpu.stat', 'memory.current', 'memory.max', 'memory.stat'].map((file) => first(places('', file))),
  )
  const [stat1, current1, max1, memory1] = await Promise.all([
    first(places('cpu', 'cpu.stat')),
    first(places('memory', 'memory.usage_in_bytes')),
    first(places('memory', 'memory.limit_in_bytes')),
    first(places('memory', 'memory.stat')),
  ])
  const throttledUs = keyed(stat2, 'throttled_usec')
  const throttledNs = keyed(stat1, 'throttled_time')
  const throttledMs = throttledUs !== undefined ? throttledUs / 1e3 : throttledNs && throttledNs / 1e6
  const limit = numberOf(max2) ?? numberOf(max1)
  const used = numberOf(current2) ?? numberOf(current1)
  const cached = ['inactive_file', 'active_file']
    .map((key) => keyed(memory2, key) ?? keyed(memory1, `total_${key}`) ?? 0)
    .reduce((sum, bytes) => sum + bytes)
  const isLimited = limit !== undefined && limit > 0 && limit < NO_LIMIT_BYTES && used !== undefined
  return {
    ...(throttledMs === undefined ? {} : { throttledMs }),
    ...(isLimited ? { memoryShare: Math.max(0, used - cached) / limit, memoryLimit: limit } : {}),
  }
}
