/** The command line that every service's process takes, and what a service adds to it. */
import { UsageError } from './errors.ts'
import { EXTERNAL_MONITOR, externalMonitorFlag } from './files-flag.ts'
import { type FlagSpec, type FlagValues, flagLines, parseOwnFlags, readFlags } from './flags.ts'

/** The options that every service takes, for `--help`. */
export const USAGE = `Options:
  --config FILE        configuration, YAML or JSON (env NODE_DOCTOR_CONFIG)
  --config.external-monitor FILE,FILE
                       files of node-problem-detector's external monitors, in place of npd.externalMonitors
  --run-dir DIR        sockets and the bus (env NODE_DOCTOR_RUN_DIR)
  --state-dir DIR      what survives a reboot (env NODE_DOCTOR_STATE_DIR)
  --log-level LEVEL    debug, info, warn, error (env NODE_DOCTOR_LOG_LEVEL)
  --log-format FORMAT  json, pretty (env NODE_DOCTOR_LOG_FORMAT)
  --set KEY=VALUE      sets any key of the configuration; may be repeated
  --help, --version`

/** The command line of a service, read. */
export interface ServiceArguments {
  readonly config: string | undefined
  /** Dotted keys of the configuration and their values, from flags. */
  readonly set: readonly { readonly key: string; readonly value: string; readonly flag: string }[]
  /** What the service's own flags say. */
  readonly own: FlagValues
  readonly help: boolean
  readonly version: boolean
}

const KEYS: Readonly<Record<string, string>> = {
  'run-dir': 'settings.runDir',
  'state-dir': 'settings.stateDir',
  'log-level': 'settings.logLevel',
  'log-format': 'settings.logFormat',
}

/** Flags of every service that have a value. */
const VALUED = ['config', EXTERNAL_MONITOR.flag, ...Object.keys(KEYS), 'set']
const REPEATED = [EXTERNAL_MONITOR.flag, 'set']
const BARE = ['help', 'h', 'version']
/** Names that no service may have a flag of; one of `version` it may have: with a value it is the service's. */
export const COMMON_FLAGS: readonly string[] = [...VALUED, 'help', 'h']

/** `--help` of a process of one service that has flags, or of any. */
export function usageOf(own: readonly FlagSpec[]): string {
  if (own.length === 0) return USAGE
  // A flag of its own that has that name, too, has a value.
  const usage = own.some(({ name }) => name === 'version')
    ? USAGE.replace('  --help, --version', '  --help, --version without a value: what this program is of')
    : USAGE
  return `Flags of its own:\n${flagLines(own)}\n\n${usage}`
}

/**
 * @param own flags of the one service of this process
 * @throws UsageError
 */
export function parseServiceArguments(argv: readonly string[], own: readonly FlagSpec[] = []): ServiceArguments {
  const valued = [...own.map(({ name }) => name), ...VALUED]
  const given = readFlags(argv, { valued, repeated: REPEATED, bare: BARE })
  const named = Object.entries(KEYS).flatMap(([name, key]) =>
    (given.values.get(name) ?? []).map((value) => ({ key, value, flag: `--${name}=${value}` })),
  )
  const set = (given.values.get('set') ?? []).map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1)
      throw new UsageError(`--set ${pair}: expected KEY=VALUE, for example --set exporters.http.hostPort=8081`)
    return { key: pair.slice(0, equals), value: pair.slice(equals + 1), flag: `--set ${pair}` }
  })
  return {
    config: given.values.get('config')?.[0],
    set: [...named, ...externalMonitorFlag(given.values.get(EXTERNAL_MONITOR.flag) ?? []), ...set],
    own: parseOwnFlags(own, given),
    help: given.bare.has('help') || given.bare.has('h'),
    version: given.bare.has('version'),
  }
}
