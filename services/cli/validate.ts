import {
  asksNobody,
  ConfigErrors,
  type ConfigNote,
  type NodeDoctorConfig,
  type NpdFile,
  renderProblem,
  withoutSecrets,
} from '#config'
import { EXTERNAL_MONITOR } from '#service'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, textOf, type Values, wantsJson } from './command.ts'
import { CliUsageError, EXIT_USAGE, refusalOf } from './errors.ts'
import { say, sayJson } from './print.ts'
import { configOf } from './settings.ts'
import { npdFilesOf, validateNpdFiles } from './validate-npd.ts'
import { scriptsNotRun } from './validate-scripts.ts'

/** The file stands by itself, or behind --config as for every other command. */
function fileOf(values: Values, [file, ...more]: readonly string[]): Values {
  if (file !== undefined && more.length > 0)
    throw new CliUsageError(
      `validate: ${[file, ...more].join(' ')}: expected one configuration, or files of node-problem-detector`,
    )
  const config = textOf(values, 'config')
  if (file === undefined || config === file) return values
  if (config !== undefined) throw new CliUsageError(`validate ${file} --config ${config}: expected one file`)
  return { ...values, config: file }
}

/** What stands in the files of node-problem-detector; a file's own faults come with its place in it. */
function linesOf(files: readonly NpdFile[]): string[] {
  return files.flatMap(({ path, kind, entry, faults, warnings, origin }) => [
    entry === ''
      ? `  ${faults.length === 0 ? 'left out' : 'cannot be used'}: ${path} (${origin.text})`
      : `  ${kind} file: ${path} (${origin.text}) is ${kind === 'external' ? 'plug-in' : 'check'} "${entry}"`,
    ...faults.map((fault) => `    fault: ${renderProblem(fault)}`),
    ...warnings.map((warning) => `    warning: ${renderProblem(warning)}`),
  ])
}

/** What is worth knowing: of keys of the Go Node Doctor what became of each, with its place, and how many there are. */
function notesOf(notes: readonly ConfigNote[]): string[] {
  const counts = Map.groupBy(
    notes.flatMap(({ dialect }) => dialect?.status ?? []),
    (status) => status,
  )
  const words = [...counts].map(([status, all]) => `${all.length} ${status}`)
  return [
    ...(words.length === 0
      ? []
      : [`  of the Go Node Doctor’s form: ${words.join(', ')}; every other key works as it is`]),
    ...notes.map(({ key, text, origin, dialect }) =>
      dialect === undefined
        ? `  note: ${key}: ${text} (${origin.text})`
        : `  ${dialect.where}: ${key}: ${dialect.status}: ${text}`,
    ),
  ]
}

/** Each value that is no default, with whoever set it. */
function valuesOf({ settingsInForce: { set, defaults } }: NodeDoctorConfig): string[] {
  return [
    `  ${set.length === 1 ? '1 value is' : `${set.length} values are`} set, ${defaults} are at their defaults${set.length === 0 ? '' : '; set are:'}`,
    ...set.map(({ key, value, origin }) => `    ${key}: ${value} (${origin.text})`),
  ]
}

/** The first line: whether all is well. */
function verdictOf({ file, npd }: NodeDoctorConfig, bad: number): string {
  const name = file === '' ? 'The embedded default' : file
  if (bad === 0) return `${name} is valid.`
  return `${name} is valid, but of ${npd.files.length} files of node-problem-detector ${bad} cannot be used.`
}

export const validate: Command = {
  name: 'validate',
  summary: 'checks a configuration and says what would be in force',
  help: `Usage: node-doctor validate [FILE] [options]
       node-doctor validate NPD-FILE... [options]

Checks the file (default: what a service would read) as every service does at its start: all faults at once, each with
its file, line, key, value, what is expected, and the nearest valid name. Then says what would run, each value that is no
default with where it is set, what is worth a warning, and what is missing.
Files of node-problem-detector that it names are looked at in the same way, and whether the programs that they run are
here, where validate runs ("node-doctor npd" looks too; of an installed monitor its container has them or has not); what a
service would leave out and tell (NPDConfigInvalid) is not valid. A script of a repair that would not be run here is worth a warning. Of each key that is the Go Node Doctor's and not ours it
says what became of it ("node-doctor migrate" writes the file in our form).

Files of node-problem-detector by themselves are told by what is in them, as npd.dir tells them: each with its faults and
warnings.

Options:
  --config FILE    the same as FILE
  --config.external-monitor FILE,FILE, --run-dir DIR, --state-dir DIR, --set KEY=VALUE
                   as at the start that is meant
  -o json          the configuration in force as JSON; where it is not valid
                   { valid: false, error: { code, message, advice, problems: [{ where, path, text }] } }

Exit code: 0 valid, 2 not valid.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION, [EXTERNAL_MONITOR.flag]: { type: 'string', multiple: true } },
  positionals: Number.POSITIVE_INFINITY,
  async run(values, named) {
    const json = wantsJson(values)
    const npdFiles = await npdFilesOf(values, named)
    let config: NodeDoctorConfig
    try {
      if (npdFiles !== undefined) return await validateNpdFiles(values, npdFiles, json)
      config = await configOf(fileOf(values, named), [], { lookForPrograms: true })
    } catch (err) {
      if (!json || !(err instanceof ConfigErrors)) throw err
      sayJson({ valid: false, error: refusalOf(err) }, 2)
      return EXIT_USAGE
    }
    const doubtful = [...asksNobody(config), ...(await scriptsNotRun(config))]
    const bad = config.npd.files.filter(({ faults }) => faults.length > 0)
    const code = bad.length === 0 ? 0 : EXIT_USAGE
    if (json) {
      const faults = bad.flatMap((one) => one.faults)
      const error = bad.length === 0 ? undefined : refusalOf(new ConfigErrors(config.file, faults))
      const warnings = doubtful.map(({ key, text }) => ({ key, text }))
      sayJson({ valid: bad.length === 0, error, warnings, ...withoutSecrets(config), catalog: undefined }, 2)
      return code
    }
    const checks = config.monitors.filter(({ enabled }) => enabled)
    const lines = [
      verdictOf(config, bad.length),
      `  ${checks.length} checks: ${checks.map(({ name, type }) => (name === type ? name : `${name} (${type})`)).join(', ') || 'none'}`,
      `  ${config.plugins.length} plug-in${config.plugins.length === 1 ? '' : 's'}${config.plugins.length === 0 ? '' : `: ${config.plugins.map(({ name }) => name).join(', ')}`}`,
      ...valuesOf(config),
      ...linesOf(config.npd.files),
      ...notesOf(config.notes ?? []),
      ...doubtful.map(({ key, text, origin }) => `  warning: ${key} ${text} (${origin.text})`),
      ...config.missing.map(({ what, origin, reason }) => `  missing: ${what} (${origin.text}): ${reason}`),
    ]
    say(lines.map((line) => line.replace(/\n/g, ' ')).join('\n'))
    return code
  },
}
