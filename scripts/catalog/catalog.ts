/** The catalogue of all checks: each registry of services/monitors, and the schema beside each check. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { z } from 'zod'
import type { Catalog, CatalogCheck } from '../../libs/config/catalog.ts'
import { conditionTypeOf } from '../../libs/monitor-kit/define.ts'
import type { CheckDefinition, MonitorDefinition } from '../../libs/monitor-kit/types.ts'
import { toJsonSchema } from './json-schema.ts'

/** What stands on disk does not fit together. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly code = 'CATALOG_INCONSISTENT'
}

interface Found {
  readonly definition: CheckDefinition<unknown>
  readonly schema: z.ZodType
}

/** Every monitor below `folder` (services/monitors), by name. */
export async function readCatalog(folder: string): Promise<Catalog> {
  const names = folders(folder).filter((name) => existsSync(join(folder, name, 'monitor.ts')))
  const monitors = await Promise.all(names.map((name) => readMonitor(join(folder, name))))
  const checks = monitors.flatMap(({ checks: found }) => found)
  refuseDoubles(checks)
  return { monitors: monitors.map(({ name, description }) => ({ name, description })), checks }
}

function folders(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

async function load(path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>
}

/** The one exported value that has `key`. */
function exported<T>(module: Record<string, unknown>, key: string, path: string): T {
  const found = Object.values(module).find((value) => typeof value === 'object' && value !== null && key in value)
  if (found === undefined) throw new CatalogError(`${path} exports nothing with "${key}"`)
  return found as T
}

async function readMonitor(folder: string) {
  const definition = exported<MonitorDefinition>(await load(join(folder, 'monitor.ts')), 'checks', folder)
  const onDisk = await Promise.all(
    folders(join(folder, 'checks')).map((name) => readCheck(join(folder, 'checks', name))),
  )
  for (const { definition: found } of onDisk) {
    if (!definition.checks.some(({ type }) => type === found.type)) {
      throw new CatalogError(`check "${found.type}" stands on disk and not in ${folder}/monitor.ts; register it there`)
    }
  }
  const checks = definition.checks.map((check) => {
    const found = onDisk.find(({ definition: { type } }) => type === check.type)
    if (found === undefined)
      throw new CatalogError(`check "${check.type}" of ${folder}/monitor.ts has no folder below checks/`)
    return describe(definition.name, found)
  })
  checks.sort((a, b) => a.type.localeCompare(b.type))
  return { name: definition.name, description: definition.description, checks }
}

async function readCheck(folder: string): Promise<Found> {
  const definition = exported<CheckDefinition<unknown>>(await load(join(folder, 'check.ts')), 'create', folder)
  const { schema } = await load(join(folder, 'config.ts'))
  if (schema === undefined) throw new CatalogError(`${folder}/config.ts exports no "schema"`)
  return { definition, schema: schema as z.ZodType }
}

function describe(monitor: string, { definition, schema }: Found): CatalogCheck {
  const { type, aliases = [], description, intervalMs, timeoutMs, conditions, events = [], metrics = [] } = definition
  if (timeoutMs >= intervalMs) throw new CatalogError(`check "${type}": its timeout is not shorter than its interval`)
  return {
    type,
    aliases,
    monitor,
    description,
    intervalMs,
    timeoutMs,
    schema: toJsonSchema(schema, type),
    conditions: conditions.map((spec) => {
      const { source, warning, critical, sustained } = spec
      return { ...conditionTypeOf(spec), source, warning, critical, sustained }
    }),
    events,
    metrics: metrics.map((metric) => ({ ...metric, title: metric.title ?? '' })),
  }
}

/** A type names one check; a condition type belongs to one, unless it is shared. */
function refuseDoubles(checks: readonly CatalogCheck[]): void {
  const types = new Map<string, string>()
  const owners = new Map<string, string>()
  for (const { type, aliases, monitor, conditions } of checks) {
    for (const name of [type, ...aliases]) {
      if (types.has(name))
        throw new CatalogError(`check type "${name}" of ${monitor} is a type of ${types.get(name)} too`)
      types.set(name, monitor)
    }
    for (const { type: condition, shared } of conditions) {
      const owner = owners.get(condition)
      if (owner !== undefined && !shared)
        throw new CatalogError(`condition type "${condition}" belongs to ${owner} and to ${type}`)
      owners.set(condition, type)
    }
  }
}
