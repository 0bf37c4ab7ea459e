/** Load, time shares and heat of the processors, from /proc and /sys. */

import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { complete, count, decimal, fields, observe, understood } from '#monitor-kit/source'

/** Clock ticks since boot that all processors spent, by kind (proc_stat(5)). */
export interface CpuTimes {
  readonly user: number
  readonly system: number
  readonly iowait: number
  readonly steal: number
  readonly idle: number
}

export interface CpuStat {
  readonly times: CpuTimes
  /** Processors that are online. */
  readonly cores: number
}

export interface CpuReading {
  /** Load average of the last minute. */
  readonly load: Reading<number>
  readonly stat: Reading<CpuStat>
  /** How often cores and packages were slowed down by heat since boot; undefined where the hardware does not tell. */
  readonly throttles: Reading<number | undefined>
}

/** "0.17 0.13 0.10 1/99 11608" → 0.17 */
export function parseLoad(text: string): number | undefined {
  const parts = fields(text.trimEnd())
  return parts.length >= 4 ? decimal(parts[0]) : undefined
}

/** The first lines of /proc/stat. Guest time is part of user time already. */
export function parseCpuStat(text: string): CpuStat | undefined {
  const total = /^cpu {1,4}(\d[\d ]*)$/m.exec(text)?.[1]
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 0
  const ticks = total === undefined ? undefined : complete(fields(total).map(count))
  if (ticks === undefined || ticks.length < 4 || cores === 0) return undefined
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks as [
    number,
    number,
    number,
    number,
  ]
  return { cores, times: { user: user + nice, system: system + irq + softirq, iowait, steal, idle } }
}

const CPU_FOLDER = '/sys/devices/system/cpu'

/** One file for each core and one for each package: hardware threads of a core share their counter. */
async function findThrottleFiles(host: Host): Promise<readonly string[]> {
  const cpus = (await host.files.list(CPU_FOLDER))
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${CPU_FOLDER}/${name}`)
  if (cpus.length === 0 || !(await hasThrottleCounters(host, cpus))) return []
  const cores = await host.files.readEach(cpus.map((cpu) => `${cpu}/topology/core_id`))
  const packages = await host.files.readEach(cpus.map((cpu) => `${cpu}/topology/physical_package_id`))
  const files = new Map<string, string>()
  for (const [index, cpu] of cpus.entries()) {
    const place = packages[index]?.trim() ?? ''
    const core = `core ${place}/${cores[index]?.trim() ?? index}`
    if (!files.has(core)) files.set(core, `${cpu}/thermal_throttle/core_throttle_count`)
    if (!files.has(`package ${place}`)) files.set(`package ${place}`, `${cpu}/thermal_throttle/package_throttle_count`)
  }
  return [...files.values()]
}

async function hasThrottleCounters(host: Host, cpus: readonly string[]): Promise<boolean> {
  const texts = await host.files.readEach(cpus.slice(0, 1).map((cpu) => `${cpu}/thermal_throttle/core_throttle_count`))
  return texts[0] !== undefined
}

/** Sum of the counters; those that say nothing (their core went offline) are left out; undefined when none says anything. */
export function sumThrottles(texts: readonly (string | undefined)[]): number | undefined {
  const counts = texts.map((text) => count(text?.trim())).filter((value) => value !== undefined)
  return counts.length === 0 ? undefined : counts.reduce((sum, value) => sum + value, 0)
}

export interface CpuSource {
  read(options: { throttles: boolean }): Promise<CpuReading>
}

export function createCpuSource(host: Host): CpuSource {
  let throttleFiles: { readonly cores: number; readonly paths: readonly string[] } | undefined

  async function readThrottles(cores: number): Promise<number | undefined> {
    // Which file stands for which core changes only when cores come and go.
    if (throttleFiles?.cores !== cores) throttleFiles = { cores, paths: await findThrottleFiles(host) }
    return sumThrottles(await host.files.readEach(throttleFiles.paths))
  }

  return {
    async read({ throttles }) {
      const [load, stat] = await Promise.all([
        observe(async () => {
          const text = await host.files.readText('/proc/loadavg')
          return understood('/proc/loadavg', text, parseLoad(text), '0.17 0.13 0.10 1/99 11608')
        }),
        observe(async () => {
          const text = await host.files.readText('/proc/stat')
          return understood('/proc/stat', text, parseCpuStat(text), 'cpu  24118 0 5898 1689630 620 0 213 79 0 0')
        }),
      ])
      const cores = stat.ok ? stat.value.cores : 0
      return {
        load,
        stat,
        throttles: throttles ? await observe(() => readThrottles(cores)) : { ok: true, value: undefined },
      }
    },
  }
}
