/** Environment variables that set a value, and the key of each. */
import type { Environment } from './substitute.ts'

/** Variables with a name of their own. docs/configuration.md lists them from here. */
export const VARIABLES: Readonly<Record<string, string>> = {
  NODE_NAME: 'settings.nodeName',
  NODE_DOCTOR_RUN_DIR: 'settings.runDir',
  NODE_DOCTOR_STATE_DIR: 'settings.stateDir',
  NODE_DOCTOR_HOST_ROOT: 'settings.hostRoot',
  NODE_DOCTOR_LOG_LEVEL: 'settings.logLevel',
  NODE_DOCTOR_LOG_FORMAT: 'settings.logFormat',
  NODE_DOCTOR_BUS_URL: 'bus.url',
}

/** Names the file. */
export const FILE_VARIABLE = 'NODE_DOCTOR_CONFIG'

/** Sets any key: NODE_DOCTOR_SET__exporters__http__hostPort=8081. Case does not count, `_` also stands for `-`. */
export const SET_PREFIX = 'NODE_DOCTOR_SET__'

/** Adds to any list: NODE_DOCTOR_ADD__detector__expect=gpu. What is in the list stays; what is there already is not added. */
export const ADD_PREFIX = 'NODE_DOCTOR_ADD__'

/** One value from outside of the file. */
export interface Assignment {
  readonly steps: readonly string[]
  readonly value: string
  /** "NODE_DOCTOR_LOG_LEVEL", "--set exporters.http.hostPort". */
  readonly name: string
  readonly layer: 'environment' | 'flag'
  /** Whether its steps were written in a place where case and "-" cannot be. */
  readonly folded: boolean
  /** An item to be added to a list, or a list of them; undefined: it is set. */
  readonly isAdded?: true | undefined
}

/** What the environment sets; an empty variable sets nothing. */
export function assignmentsOf(env: Environment): Assignment[] {
  const named = Object.entries(VARIABLES).flatMap(([name, key]) => assign(name, env[name], key.split('.'), false))
  const generic = (prefix: string) =>
    Object.keys(env)
      .filter((name) => name.startsWith(prefix))
      .sort()
      .flatMap((name) => assign(name, env[name], name.slice(prefix.length).split('__'), true))
  const added = generic(ADD_PREFIX).map((one) => ({ ...one, isAdded: true as const }))
  return [...named, ...generic(SET_PREFIX), ...added]
}

function assign(name: string, value: string | undefined, steps: readonly string[], folded: boolean): Assignment[] {
  return value === undefined || value === '' ? [] : [{ steps, value, name, layer: 'environment', folded }]
}
