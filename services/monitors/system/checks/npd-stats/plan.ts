/** What a stats file asks for: its texts read as Go reads them, and its metrics by their names. Pure. */
import { parseDuration } from '#golang'
import { npdMetricName } from '#model'
import type { Config } from './config.ts'
import { StatsFileError } from './errors.ts'
import { METRIC_IDS, type MetricId, metricOf } from './metrics.ts'

/** What NPD has where a file says nothing; a section that a file lacks may be absent. */
const DEFAULTS = {
  lsblkTimeout: '5s',
  knownModulesConfigPath: 'guestosconfig/known-modules.json',
} as const

/** As it comes: of the schema every section is there. */
export type Written = Pick<Config, 'path'> & Partial<Config>

/** What is collected, from where, and how it is called. */
export interface StatsPlan {
  readonly invokeIntervalMs: number
  readonly lsblkTimeoutMs: number
  /** Without a slash at its end. */
  readonly procPath: string
  /** Names in /metrics of what is told. */
  readonly names: ReadonlyMap<MetricId, string>
  readonly includeRootBlk: boolean
  readonly includeAllAttachedBlk: boolean
  /** Absolute. */
  readonly knownModulesPath: string
  /** An expression of Go; interfaces that it matches are left out. "": none. */
  readonly excludeInterfaceRegexp: string
  /** Bug B2: counters of /proc/stat and of interfaces add up, collection by collection. */
  readonly addsUp: boolean
  /** Bug B3: cpu/usage_time is told in clock ticks. */
  readonly inTicks: boolean
}

const NANOSECONDS = 1_000_000

function durationMs({ path }: Written, key: string, text: string): number {
  let ms: number
  try {
    ms = Number(parseDuration(text)) / NANOSECONDS
  } catch (cause) {
    throw new StatsFileError(path, `${key} is no duration: ${(cause as Error).message}; expected one like "60s"`, {
      cause,
    })
  }
  if (ms > 0) return ms
  throw new StatsFileError(path, `${key} ${JSON.stringify(text)} is not above 0; expected a duration like "60s"`)
}

/** The names of what is told. An ID in a section of others is none, as in NPD. */
export function namesOf(config: Written): ReadonlyMap<MetricId, string> {
  const names = new Map<MetricId, string>()
  const taken = new Map<string, MetricId>()
  for (const id of METRIC_IDS) {
    const { metricsConfigs = {} } = config[metricOf(id).section] ?? {}
    const displayName = Object.hasOwn(metricsConfigs, id) ? (metricsConfigs[id]?.displayName ?? '') : ''
    if (displayName === '') continue
    const name = npdMetricName(displayName)
    const other = taken.get(name)
    if (other !== undefined) {
      const what = `${id} and ${other} would both be ${name} in /metrics; give one of them another displayName`
      throw new StatsFileError(config.path, what)
    }
    taken.set(name, id)
    names.set(id, name)
  }
  return names
}

/** A path of the file as it is meant. */
function fromFolderOf(file: string, path: string): string {
  return path.startsWith('/') ? path : `${file.slice(0, file.lastIndexOf('/') + 1)}${path}`
}

/** @throws StatsFileError */
export function planOf(config: Written): StatsPlan {
  const { path, disk, osFeature, net, invokeInterval = '60s', procPath = '/proc', compat = [] } = config
  const { lsblkTimeout = DEFAULTS.lsblkTimeout, includeRootBlk = false, includeAllAttachedBlk = false } = disk ?? {}
  const { knownModulesConfigPath = DEFAULTS.knownModulesConfigPath } = osFeature ?? {}
  const invokeIntervalMs = durationMs(config, 'invokeInterval', invokeInterval)
  const lsblkTimeoutMs = durationMs(config, 'disk.lsblkTimeout', lsblkTimeout)
  if (lsblkTimeoutMs > invokeIntervalMs) {
    const [timeout, interval] = [lsblkTimeout, invokeInterval].map((text) => JSON.stringify(text))
    throw new StatsFileError(path, `disk.lsblkTimeout ${timeout} is longer than invokeInterval ${interval}`)
  }
  return {
    invokeIntervalMs,
    lsblkTimeoutMs,
    procPath: procPath.replace(/\/+$/, ''),
    names: namesOf(config),
    includeRootBlk,
    includeAllAttachedBlk,
    knownModulesPath: fromFolderOf(path, knownModulesConfigPath),
    excludeInterfaceRegexp: net?.excludeInterfaceRegexp ?? '',
    addsUp: compat.includes('B2'),
    inTicks: compat.includes('B3'),
  }
}
