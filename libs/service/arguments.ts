/** The command line that every service's process takes. */
import { parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import { EXTERNAL_MONITOR, externalMonitorFlag } from './files-flag.ts'

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
  readonly help: boolean
  readonly version: boolean
}

const KEYS = {
  'run-dir': 'settings.runDir',
  'state-dir': 'settings.stateDir',
  'log-level': 'settings.logLevel',
  'log-format': 'settings.logFormat',
} as const

/** @throws UsageError */
export function parseServiceArguments(argv: readonly string[]): ServiceArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        [EXTERNAL_MONITOR.flag]: { type: 'string', multiple: true },
        'run-dir': { type: 'string' },
        'state-dir': { type: 'string' },
        'log-level': { type: 'string' },
        'log-format': { type: 'string' },
        set: { type: 'string', multiple: true },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    })
    const named = Object.entries(KEYS).flatMap(([name, key]) => {
      const value = values[name as keyof typeof KEYS]
      return value === undefined ? [] : [{ key, value, flag: `--${name}=${value}` }]
    })
    const set = (values.set ?? []).map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1)
        throw new UsageError(`--set ${pair}: expected KEY=VALUE, for example --set exporters.http.hostPort=8081`)
      return { key: pair.slice(0, equals), value: pair.slice(equals + 1), flag: `--set ${pair}` }
    })
    return {
      config: values.config,
      set: [...named, ...externalMonitorFlag(values[EXTERNAL_MONITOR.flag] ?? []), ...set],
      help: values.help ?? false,
      version: values.version ?? false,
    }
  } catch (err) {
    throw err instanceof UsageError ? err : new UsageError(err instanceof Error ? err.message : String(err))
  }
}
