/** Files of node-problem-detector that are looked at by themselves. */
import { resolve } from 'node:path'
import {
  ConfigErrors,
  type ConfigFlag,
  loadConfig,
  type NpdFile,
  type NpdList,
  npdListOf,
  renderProblem,
  withoutSecrets,
} from '#config'
import { textOf, type Values } from './command.ts'
import { CliUsageError, EXIT_USAGE, refusalOf } from './errors.ts'
import { say, sayJson } from './print.ts'
import { flagsOf } from './settings.ts'

/** Files, by the key of `npd` that each would be named under. */
export type NpdFiles = ReadonlyMap<string, NpdList>

/** undefined: a configuration is meant. @throws CliUsageError where only some are files of node-problem-detector */
export async function npdFilesOf(values: Values, named: readonly string[]): Promise<NpdFiles | undefined> {
  const config = textOf(values, 'config')
  const files = named.length === 0 && config !== undefined ? [config] : named
  const lists = await Promise.all(files.map(async (file) => [file, await npdListOf(file)] as const))
  const npd = lists.flatMap(([file, list]) => (list === undefined ? [] : [[file, list] as const]))
  if (npd.length === 0) return undefined
  const other = lists.find(([, list]) => list === undefined)?.[0] ?? (config === files[0] ? undefined : config)
  if (other === undefined) return new Map(npd)
  throw new CliUsageError(
    `validate: ${other} is no file of node-problem-detector; expected one configuration, or such files`,
  )
}

function linesOf({ path, kind, faults, warnings }: NpdFile): string[] {
  const what = 'file of node-problem-detector'
  return [
    faults.length === 0 ? `${path} is a valid ${kind} ${what}.` : `${path} is not a valid ${what}:`,
    ...faults.map((fault) => `  fault: ${renderProblem(fault)}`),
    ...warnings.map((warning) => `  warning: ${renderProblem(warning)}`),
  ]
}

/** Read as a configuration reads them that names them and nothing else. @returns the exit code */
export async function validateNpdFiles(values: Values, files: NpdFiles, json: boolean): Promise<number> {
  const lists = Map.groupBy(files, ([, list]) => list)
  const flags: ConfigFlag[] = [...lists].map(([list, named]) => ({
    key: `npd.${list}`,
    value: JSON.stringify(named.map(([file]) => resolve(file))),
    flag: 'validate',
  }))
  const none = ['monitors', 'defaultMonitors'].map((key) => ({ key, value: '[]', flag: 'validate' }))
  const config = await loadConfig({
    flags: [...none, ...flags, ...flagsOf(values)],
    env: {},
    defaultFile: '',
    lookForPrograms: true,
  })
  const faults = config.npd.files.flatMap((one) => one.faults)
  if (json) {
    const error = faults.length === 0 ? undefined : refusalOf(new ConfigErrors([...files.keys()].join(' '), faults))
    sayJson({ valid: faults.length === 0, error, npd: { files: withoutSecrets(config).npd.files } }, 2)
  } else {
    say(config.npd.files.flatMap(linesOf).join('\n'))
  }
  return faults.length === 0 ? 0 : EXIT_USAGE
}
