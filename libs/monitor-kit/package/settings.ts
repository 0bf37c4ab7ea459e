/** What a monitor that has no configuration of Node Doctor's is told by its command line and its environment. Pure. */
import {
  type FlagSpec,
  type FlagValues,
  flagLines,
  type ProcessConfig,
  parseOwnFlags,
  readFlags,
  UsageError,
} from '#service'
import { flagsOf } from '../flags.ts'
import type { MonitorDefinition } from '../types.ts'

/** A flag that has a variable of the environment, which counts where it is not given. */
interface Setting extends FlagSpec {
  readonly variable: string
}

/** Texts as they are. */
const asItIs = (text: string): string => text

/** A folder, without "/" at its end. */
function folder(text: string): string {
  if (!text.startsWith('/')) throw new Error('expected an absolute path')
  return text.replace(/\/+$/, '')
}

function oneOf(...words: readonly string[]): (text: string) => string {
  return (text) => {
    if (!words.includes(text)) throw new Error(`expected one of ${words.join(', ')}`)
    return text
  }
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
const FORMATS = ['json', 'pretty'] as const

/** Those of every monitor; one that has a flag of that name has its own. */
function settingsOf(definition: MonitorDefinition): readonly Setting[] {
  const own = (definition.flags ?? []).map(({ name }) => name)
  return commonOf(definition).filter(({ name }) => !own.includes(name))
}

function commonOf(definition: MonitorDefinition): readonly Setting[] {
  const [socket] = flagsOf(definition)
  return [
    ...(socket === undefined ? [] : [{ ...socket, variable: 'NODE_DOCTOR_SOCKET' }]),
    {
      name: 'run-dir',
      value: 'DIR',
      what: 'where it remembers what holds until a reboot',
      default: '/run/node-doctor',
      variable: 'NODE_DOCTOR_RUN_DIR',
      parse: folder,
    },
    {
      name: 'state-dir',
      value: 'DIR',
      what: 'what outlives a reboot',
      default: '/var/lib/node-doctor',
      variable: 'NODE_DOCTOR_STATE_DIR',
      parse: folder,
    },
    {
      name: 'host-root',
      value: 'DIR',
      what: 'where the root of the node is mounted',
      default: '/',
      variable: 'NODE_DOCTOR_HOST_ROOT',
      parse: folder,
    },
    { name: 'node-name', value: 'NAME', what: 'of the node', variable: 'NODE_NAME', parse: asItIs },
    {
      name: 'log-level',
      value: 'LEVEL',
      what: LEVELS.join(', '),
      default: 'info',
      variable: 'NODE_DOCTOR_LOG_LEVEL',
      parse: oneOf(...LEVELS),
    },
    {
      name: 'log-format',
      value: 'FORMAT',
      what: `${FORMATS.join(', ')}; on a terminal pretty`,
      default: 'json',
      variable: 'NODE_DOCTOR_LOG_FORMAT',
      parse: oneOf(...FORMATS),
    },
  ]
}

/** Names of the flags of every such monitor. */
export const SETTING_NAMES: readonly string[] = [
  'socket',
  'run-dir',
  'state-dir',
  'host-root',
  'node-name',
  'log-level',
  'log-format',
]

/** What is to be done. */
export type Asked =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'run'; readonly config: ProcessConfig; readonly flags: FlagValues }

/** What the environment says of those that were not given. @throws UsageError */
function ofEnvironment(settings: readonly Setting[], env: NodeJS.ProcessEnv): Record<string, unknown> {
  const set = settings.flatMap(({ name, variable, parse }) => {
    const text = env[variable]
    if (text === undefined || text === '') return []
    try {
      return [[name, parse(text)] as const]
    } catch (err) {
      throw new UsageError(`${variable}=${text}: ${err instanceof Error ? err.message : String(err)}`)
    }
  })
  return Object.fromEntries(set)
}

function configOf(values: FlagValues, hostName: string): ProcessConfig {
  const text = (name: string, initial: string) => (values[name] as string | undefined) ?? initial
  return {
    settings: {
      nodeName: text('node-name', hostName),
      runDir: text('run-dir', '/run/node-doctor'),
      stateDir: text('state-dir', '/var/lib/node-doctor'),
      hostRoot: text('host-root', ''),
      logLevel: text('log-level', 'info') as (typeof LEVELS)[number],
      logFormat: text('log-format', 'json') as (typeof FORMATS)[number],
    },
    settingsInForce: { set: values['log-format'] === undefined ? [] : [{ key: 'settings.logFormat' }] },
  }
}

/** A command line, and where it is run. */
export interface Call {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly hostName: string
}

/** Reads them: a flag before its variable, a variable before what holds by itself. @throws UsageError */
export function readCall(definition: MonitorDefinition, { argv, env, hostName }: Call): Asked {
  const settings = settingsOf(definition)
  const own = definition.flags ?? []
  const specs = [...settings, ...own]
  const valued = specs.map(({ name }) => name)
  const given = readFlags(argv, { valued, repeated: [], bare: ['help', 'h', 'version'] })
  if (given.bare.has('help') || given.bare.has('h')) return { kind: 'help' }
  if (given.bare.has('version')) return { kind: 'version' }
  const flags: FlagValues = { ...ofEnvironment(settings, env), ...parseOwnFlags(specs, given) }
  return { kind: 'run', config: configOf(flags, hostName), flags }
}

/** `--help` */
export function helpOf(definition: MonitorDefinition): string {
  const { name, description, flags = [] } = definition
  const settings = settingsOf(definition)
  const lines = flagLines([
    ...flags,
    ...settings.map((setting) => ({ ...setting, what: `${setting.what} (env ${setting.variable})` })),
  ])
  return `${name}: ${description}\n\nFlags:\n${lines}\n  --help, --version\n`
}
