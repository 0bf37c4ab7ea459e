/**
 * node-problem-detector's command: its flags become a configuration, and detector, monitors and exporters run as the services
 * of this one process.
 */
import { hostname } from 'node:os'
import { ConfigErrors, isSwitchedOn, loadConfig, type NodeDoctorConfig, renderProblem } from '#config'
import { FlagError, flagUsages, parseFlags } from '#golang'
import {
  type AnyDefinition,
  EXIT_FAILED,
  endAtSignal,
  leave,
  memoryBus,
  runServices,
  ServiceDownError,
  VERSION,
} from '#service'
import { SERVICES, type ServiceTable } from '#service-table'
import { bounded } from './bounds.ts'
import { EXIT_FATAL, EXIT_USAGE, NpdStartError } from './errors.ts'
import { FLAGS, type NpdFlags } from './flags.ts'
import { makeOwnFolder, type OwnFolder } from './own-folder.ts'
import { settingsOf } from './settings.ts'
import { flagFault, strayWarnings } from './words.ts'

/** What ends a process that was asked to: the rest is left as it is then. */
const STOP_MS = 4000
/** What does not start then is not for want of time; whoever started this is told. */
const START_TRIES = 3
const PROGRAM = 'node-doctor npd'
const TABLE: ServiceTable = SERVICES

/** Services by their names, each loaded when it is to run. */
export type LateDefinitions = Readonly<Record<string, () => Promise<AnyDefinition>>>

function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** @returns undefined where the command line only asked for a text */
function readFlags(words: readonly string[]): NpdFlags | undefined {
  try {
    const { values, args, notices, isHelp } = parseFlags(FLAGS, words)
    notices.forEach(complain)
    strayWarnings(args).forEach(complain)
    if (isHelp) {
      complain(flagUsages(PROGRAM, FLAGS))
      return undefined
    }
    if (!values.version) return values
    process.stdout.write(`${VERSION}\n`)
    return undefined
  } catch (err) {
    if (err instanceof FlagError)
      throw new NpdStartError(`${flagUsages(PROGRAM, FLAGS)}\n${flagFault(err)}`, EXIT_USAGE)
    throw err
  }
}

async function configOf(flags: NpdFlags, { path }: OwnFolder): Promise<NodeDoctorConfig> {
  const machine = { nodeName: process.env['NODE_NAME'] ?? '', hostName: hostname(), ownFolder: path }
  const settings = settingsOf(flags, machine)
  bounded(flags).notices.forEach(complain)
  const { KUBECONFIG, NODE_NAME } = process.env
  const env = { ...(KUBECONFIG !== undefined && { KUBECONFIG }), ...(NODE_NAME !== undefined && { NODE_NAME }) }
  try {
    return await loadConfig({
      file: '',
      defaultFile: '',
      flags: settings,
      env,
      lookForPrograms: true,
    })
  } catch (err) {
    if (err instanceof ConfigErrors) throw new NpdStartError(err.message, EXIT_USAGE)
    throw err
  }
}

/** Says what is wrong with the files. @throws NpdStartError where none is left, or one bad file is to stop all */
function judgeFiles({ npd }: NodeDoctorConfig, isStrict: boolean): void {
  const bad = npd.files.filter(({ faults }) => faults.length > 0)
  for (const { faults } of bad) for (const fault of faults) complain(renderProblem(fault))
  for (const { warnings } of npd.files) for (const warning of warnings) complain(`warning: ${renderProblem(warning)}`)
  if (bad.length === 0) return
  if (isStrict) throw new NpdStartError('a file is bad, and --strict lets none of the others run', EXIT_FATAL)
  if (bad.length === npd.files.length) throw new NpdStartError('all files are bad; nothing can be watched', EXIT_FATAL)
}

/** Which services this configuration needs. */
function isNeeded(name: string, config: NodeDoctorConfig): boolean {
  const row = TABLE[name]
  if (row?.kind === 'monitor') return config.monitors.some(({ monitor, enabled }) => enabled && monitor === name)
  const { switches = [] } = row ?? {}
  return switches.length === 0 || switches.some((key) => isSwitchedOn(config, key))
}

/** @param begun called when services hear the signals */
async function run(
  words: readonly string[],
  services: LateDefinitions,
  uncompiled: string,
  begun: () => void,
): Promise<number> {
  const flags = readFlags(words)
  if (flags === undefined) return 0
  const folder = makeOwnFolder()
  process.once('exit', folder.remove)
  const config = await configOf(flags, folder)
  judgeFiles(config, flags.strict)
  if (uncompiled !== '' && config.settings.logLevel === 'debug') complain(`this start takes longer: ${uncompiled}`)
  if (flags['exporter.stackdriver'] !== '') complain('--exporter.stackdriver: nothing is sent to Stackdriver')
  const needed = Object.entries(services).filter(([name]) => isNeeded(name, config))
  const definitions = await Promise.all(needed.map(([, load]) => load()))
  const running = runServices({
    definitions,
    config,
    bus: memoryBus,
    stopWithinMs: STOP_MS,
    startTries: START_TRIES,
    onDown: ({ message }) => complain(message),
  })
  begun()
  // Whatever was cut short by the haste: it was asked to end, and did.
  await running
  return 0
}

/**
 * Runs until a signal. Does not return.
 * @param words of the command line, behind the command
 * @param uncompiled why the code of this did not come compiled; "" where it did
 */
export async function runNpd(words: readonly string[], services: LateDefinitions, uncompiled = ''): Promise<never> {
  const hearNoMore = endAtSignal(() => leave(0))
  try {
    leave(await run(words, services, uncompiled, hearNoMore))
  } catch (err) {
    // Which part was down was said when it was.
    if (!(err instanceof ServiceDownError)) complain(err instanceof Error ? err.message : String(err))
    leave(err instanceof NpdStartError ? err.exitCode : EXIT_FAILED)
  }
}
