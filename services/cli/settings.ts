/** The configuration that a command works with. */
import { type ConfigFlag, type LoadOptions, loadConfig, type NodeDoctorConfig } from '#config'
import { EXTERNAL_MONITOR, externalMonitorFlag } from '#service'
import { textOf, textsOf, type Values } from './command.ts'
import { CliUsageError } from './errors.ts'

/** What the flags set, in the order in which services take them too. */
export function flagsOf(values: Values): ConfigFlag[] {
  const flags: ConfigFlag[] = []
  for (const [name, key] of [
    ['run-dir', 'settings.runDir'],
    ['state-dir', 'settings.stateDir'],
    ['log-level', 'settings.logLevel'],
  ] as const) {
    const value = textOf(values, name)
    if (value !== undefined) flags.push({ key, value, flag: `--${name}=${value}` })
  }
  flags.push(...externalMonitorFlag(textsOf(values, EXTERNAL_MONITOR.flag)))
  for (const pair of textsOf(values, 'set')) {
    const [key = '', ...rest] = pair.split('=')
    if (key === '' || rest.length === 0)
      throw new CliUsageError(`--set ${pair}: expected KEY=VALUE, for example --set exporters.http.hostPort=8081`)
    flags.push({ key, value: rest.join('='), flag: `--set ${pair}` })
  }
  return flags
}

/** @throws ConfigErrors with every fault */
export function configOf(
  values: Values,
  more: readonly ConfigFlag[] = [],
  options: Pick<LoadOptions, 'lookForPrograms'> = {},
): Promise<NodeDoctorConfig> {
  const file = textOf(values, 'config')
  const flags = [...flagsOf(values), ...more]
  return loadConfig({ ...(file === undefined ? {} : { file }), flags, env: process.env, ...options })
}
