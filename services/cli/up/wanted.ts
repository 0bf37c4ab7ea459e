/** What a command line asks `up` for: the configuration, which services, and what each of them is started with. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#clock'
import { type ConfigFlag, type NodeDoctorConfig, nearestName } from '#config'
import { createHost } from '#host'
import { createPlaceMarks, placesFolder } from '#monitor-kit/place-marks'
import { isPlace } from '#monitor-kit/when'
import { textOf, type Values } from '../command.ts'
import { CliUsageError, NotBuiltError } from '../errors.ts'
import { configOf, flagsOf } from '../settings.ts'
import { type PlannedService, planServices } from './plan.ts'

export interface Wanted {
  readonly config: NodeDoctorConfig
  readonly services: readonly (PlannedService & { readonly bundle: string })[]
  /** Every line of theirs is shown, not only warnings and errors. */
  readonly isVerbose: boolean
  /** What each of them is started with. @param storeDir where the bus keeps its store */
  argsFor(storeDir: string): string[]
}

/** The bundles lie beside this one. */
function bundleOf(name: string): string {
  const path = join(dirname(fileURLToPath(import.meta.url)), `${name}.mjs`)
  if (!existsSync(path)) throw new NotBuiltError(path)
  return path
}

function portFlag(values: Values): ConfigFlag[] {
  const port = textOf(values, 'port')
  return port === undefined ? [] : [{ key: 'exporters.http.hostPort', value: port, flag: `--port=${port}` }]
}

function chosen(values: Values, config: NodeDoctorConfig): PlannedService[] {
  const all = planServices(config, undefined)
  const words = textOf(values, 'services')
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words?.length === 0)
    throw new CliUsageError(`--services names none; expected some of ${all.map(({ name }) => name).join(', ')}`)
  for (const word of words ?? []) {
    if (all.some(({ name }) => name === word)) continue
    const names = all.map(({ name }) => name)
    const near = nearestName(word, names)
    throw new CliUsageError(
      `--services ${word}: there is no such service; expected some of ${names.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    )
  }
  return planServices(config, words)
}

/** Logs go to standard error: what that is decides where nobody did. */
function formatOf(values: Values, { settings, settingsInForce }: NodeDoctorConfig): string {
  const isSet = settingsInForce.set.some(({ key }) => key === 'settings.logFormat')
  const byStream = process.stderr.isTTY ? 'pretty' : 'json'
  return textOf(values, 'log-format') ?? (isSet ? settings.logFormat : byStream)
}

function checkLogFormat(values: Values): void {
  const format = textOf(values, 'log-format')
  if (format === undefined || format === 'pretty' || format === 'json') return
  throw new CliUsageError(`--log-format ${format}: expected pretty or json`)
}

/** With those checks alone that are meant for this machine, as it is or was: a monitor that has none here is not started. */
async function configHere(config: NodeDoctorConfig): Promise<NodeDoctorConfig> {
  const { hostRoot, stateDir } = config.settings
  const host = createHost({ root: hostRoot })
  const around = { clock: systemClock(), log: { warn: () => undefined }, host }
  const marksOf = (monitor: string) => createPlaceMarks(placesFolder(stateDir, monitor), around)
  const isHere = await Promise.all(
    config.monitors.map(({ when, monitor }) => isPlace(when, host, marksOf(monitor)).catch(() => true)),
  )
  return { ...config, monitors: config.monitors.filter((_, index) => isHere[index]) }
}

/** @throws CliUsageError, ConfigErrors, NotBuiltError */
export async function wantedOf(values: Values): Promise<Wanted> {
  const more = portFlag(values)
  checkLogFormat(values)
  const config = await configHere(await configOf(values, more))
  const services = chosen(values, config).map((service) => ({ ...service, bundle: bundleOf(service.name) }))
  const file = textOf(values, 'config')
  const format = formatOf(values, config)
  const flags = [...flagsOf(values), ...more]
  return {
    config,
    services,
    isVerbose: values['verbose'] === true || format === 'json',
    argsFor: (storeDir) => [
      ...(file === undefined ? [] : ['--config', file]),
      ...flags.flatMap(({ key, value }) => ['--set', `${key}=${value}`]),
      '--set',
      `bus.storeDir=${storeDir}`,
      '--log-format',
      format,
    ],
  }
}
