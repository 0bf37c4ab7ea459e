/** A monitor as a process of its own, without Node Doctor's configuration: a plug-in. */
import { hostname } from 'node:os'
import {
  EXIT_FAILED,
  EXIT_USAGE,
  leave,
  noBus,
  type ProcessConfig,
  runServices,
  type ServiceDefinition,
  UsageError,
} from '#service'
import { DefinitionError } from '../errors.ts'
import { applyFlags } from '../flags.ts'
import { createMonitorService, type MonitorSlice } from '../service.ts'
import type { CheckInstance, MonitorDefinition } from '../types.ts'
import { type Asked, helpOf, readCall } from './settings.ts'

/** How one check runs; what is left out is as its definition says. */
export interface CheckOptions {
  /** What it is given as `config`. Default: an empty object. */
  readonly config?: unknown
  /** From one look to the next, in milliseconds. */
  readonly intervalMs?: number
  /** What a look may take, in milliseconds. */
  readonly timeoutMs?: number
}

/** How a monitor is served. */
export interface ServeOptions {
  /** The version that it says it is of. Default "0.0.0". */
  readonly version?: string
  /** By a check's type. */
  readonly checks?: Readonly<Record<string, CheckOptions>>
  /** The command line behind the program's name. Default: that of this process. */
  readonly argv?: readonly string[]
  /** Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Each check once, under its type. @throws DefinitionError where `options` name one that there is not, or a time that is none */
export function instancesFor(
  { name, checks }: MonitorDefinition,
  { checks: options = {} }: ServeOptions,
): CheckInstance[] {
  const types = checks.map(({ type }) => type)
  const strange = Object.keys(options).find((type) => !types.includes(type))
  if (strange !== undefined)
    throw new DefinitionError(`monitor ${JSON.stringify(name)}`, `it has no check ${strange}, only ${types.join(', ')}`)
  return checks.map((check) => {
    const { config = {}, intervalMs = check.intervalMs, timeoutMs = check.timeoutMs } = options[check.type] ?? {}
    if (!(timeoutMs > 0 && timeoutMs <= intervalMs)) {
      const problem = `its timeout of ${timeoutMs} ms is not between 0 and its interval of ${intervalMs} ms`
      throw new DefinitionError(`check ${JSON.stringify(check.type)}`, problem)
    }
    return { name: check.type, type: check.type, intervalMs, timeoutMs, config, dependsOn: [] }
  })
}

/** The same service as of a monitor of Node Doctor, with its checks from here. */
export function plainService(
  definition: MonitorDefinition,
  options: ServeOptions,
): ServiceDefinition<MonitorSlice, ProcessConfig> {
  const instances = instancesFor(definition, options)
  return {
    ...createMonitorService(definition),
    config(_, flags) {
      const applied = applyFlags(definition, instances, flags)
      return { ...applied, version: applied.version ?? options.version ?? '0.0.0', kubeconfig: undefined }
    },
  }
}

function asked(definition: MonitorDefinition, { argv, env }: ServeOptions): Asked {
  try {
    const call = { argv: argv ?? process.argv.slice(2), env: env ?? process.env, hostName: hostname() }
    return readCall(definition, call)
  } catch (err) {
    if (!(err instanceof UsageError)) throw err
    process.stderr.write(`${err.message}\n\n${helpOf(definition)}`)
    return leave(EXIT_USAGE)
  }
}

/**
 * Serves a monitor until SIGTERM, SIGINT, or a call of Stop, and ends the process then: with 0, with 1 where it failed (its socket is
 * another's), with 2 where its command line makes no sense. `--help` says what that may be.
 * @throws DefinitionError
 */
export async function serveMonitor(definition: MonitorDefinition, options: ServeOptions = {}): Promise<never> {
  const service = plainService(definition, options)
  const what = asked(definition, options)
  if (what.kind === 'run') {
    const { config, flags } = what
    return leave((await runServices({ definitions: [service], config, flags, bus: noBus })) ? 0 : EXIT_FAILED)
  }
  process.stdout.write(what.kind === 'help' ? helpOf(definition) : `${options.version ?? '0.0.0'}\n`)
  return leave(0)
}
