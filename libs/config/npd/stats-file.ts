/** A file of NPD's system stats monitor as the configuration of the check npd-stats. */
import { checkPattern } from './checks.ts'
import { checkDuration, shown } from './durations.ts'
import type { MetricsConfigs, StatsFile } from './files.ts'
import type { NpdConfig } from './kinds.ts'
import type { Reading } from './reading.ts'

/** The configuration; it counts only where the reading has no faults. A section without metrics collects nothing. */
export function statsConfig(file: StatsFile, reading: Reading): NpdConfig {
  const invokeInterval = file.invokeInterval === '' ? '60s' : file.invokeInterval
  const lsblkTimeout = file.disk.lsblkTimeout === '' ? '5s' : file.disk.lsblkTimeout
  checkTimes(invokeInterval, lsblkTimeout, reading)
  const { excludeInterfaceRegexp } = file.net
  if (excludeInterfaceRegexp !== '') checkPattern(reading, 'net.excludeInterfaceRegexp', excludeInterfaceRegexp)
  const { includeRootBlk, includeAllAttachedBlk } = file.disk
  const knownModulesConfigPath = file.osFeature.knownModulesConfigPath || 'guestosconfig/known-modules.json'
  const sections = [
    ['cpu', file.cpu, {}],
    ['disk', file.disk, { includeRootBlk, includeAllAttachedBlk, lsblkTimeout }],
    ['host', file.host, {}],
    ['memory', file.memory, {}],
    ['osFeature', file.osFeature, { knownModulesConfigPath }],
    ['net', file.net, { excludeInterfaceRegexp }],
  ] as const
  if (sections.every(([, { metricsConfigs }]) => metricsConfigs.size === 0))
    reading.warn('', 'collects nothing: no section of it has metricsConfigs with anything in it')
  return {
    invokeInterval,
    procPath: file.procPath === '' ? '/proc' : file.procPath,
    ...Object.fromEntries(
      sections.map(([name, section, rest]) => [name, { metricsConfigs: metricsOf(section), ...rest }]),
    ),
  }
}

function metricsOf({ metricsConfigs }: { readonly metricsConfigs: MetricsConfigs }): NpdConfig {
  return Object.fromEntries([...metricsConfigs].map(([id, { displayName }]) => [id, { displayName }]))
}

function checkTimes(invokeInterval: string, lsblkTimeout: string, reading: Reading): void {
  const interval = checkDuration(reading, 'invokeInterval', invokeInterval)
  const timeout = checkDuration(reading, 'disk.lsblkTimeout', lsblkTimeout)
  if (interval !== undefined && interval <= 0n)
    reading.fault(
      'invokeInterval',
      `${shown(invokeInterval)} is not a time from one run to the next; expected more than "0s"`,
    )
  if (timeout === undefined) return
  if (timeout <= 0n) reading.fault('disk.lsblkTimeout', `${shown(lsblkTimeout)} is no time; expected more than "0s"`)
  else if (interval !== undefined && interval > 0n && timeout > interval)
    reading.fault(
      'disk.lsblkTimeout',
      `${shown(lsblkTimeout)} is longer than the interval; expected at most ${shown(invokeInterval)}`,
    )
}
