/** A monitor's own flags: as its process reads them, and what they change. Pure but for the folder that a relative path is below. */
import { resolve } from 'node:path'
import type { FlagSpec, FlagValues } from '#service'
import { definitionOf } from './check-parts.ts'
import { SOCKET_FLAG } from './define.ts'
import { DefinitionError } from './errors.ts'
import type { CheckInstance, FlagEffect, MonitorDefinition } from './types.ts'

/** `--socket`, with or without the scheme that a client of gRPC writes before it. */
function parseSocket(text: string): string {
  const path = text.replace(/^unix:(?:\/\/)?/, '')
  if (path === '' || path.endsWith('/'))
    throw new Error('expected the path of a socket, for example /var/run/npd/my.sock')
  return resolve(path)
}

/** What every monitor takes, and what this one takes beside. */
export function flagsOf({ name, flags = [] }: MonitorDefinition): readonly FlagSpec[] {
  const initial = `<run dir>/monitors/${name}/${name}.sock`
  const what = 'the socket it serves on'
  return [{ name: SOCKET_FLAG, value: 'PATH', what, default: initial, parse: parseSocket }, ...flags]
}

/** What the flags of a monitor say. */
export interface MonitorFlags {
  readonly socket?: string | undefined
  readonly version?: string | undefined
  /** The checks, with the keys that flags set in place of what is configured. */
  readonly checks: readonly CheckInstance[]
}

function withKeys(keys: unknown, effects: readonly Readonly<Record<string, unknown>>[]): unknown {
  return Object.assign({}, keys, ...effects)
}

/**
 * @param checks as configured
 * @throws DefinitionError where a flag names a check that the monitor does not have; CheckUnknownError
 */
export function applyFlags(
  definition: MonitorDefinition,
  checks: readonly CheckInstance[],
  { [SOCKET_FLAG]: socket, ...given }: FlagValues,
): MonitorFlags {
  const { name, checks: known, flags = [] } = definition
  const effects = flags.flatMap((flag) => (given[flag.name] as FlagEffect | undefined) ?? [])
  const byType = effects.flatMap((effect) => Object.entries(effect.checks ?? {}))
  const strange = byType.find(([type]) => !known.some((check) => check.type === type))
  if (strange !== undefined)
    throw new DefinitionError(
      `monitor ${JSON.stringify(name)}`,
      `a flag sets keys of ${strange[0]}, which it does not have`,
    )
  return {
    socket: socket as string | undefined,
    version: effects.findLast(({ version }) => version !== undefined)?.version,
    checks: checks.map((instance) => {
      const { type } = definitionOf(definition, instance)
      const own = byType.filter(([named]) => named === type)
      const keys = own.map(([, effect]) => effect)
      return keys.length === 0 ? instance : { ...instance, config: withKeys(instance.config, keys) }
    }),
  }
}
