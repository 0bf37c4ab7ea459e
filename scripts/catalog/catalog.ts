/** The catalogue of all checks: each registry of services/monitors, and the schema beside each check. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Catalog, CatalogCheck } from '../../libs/config/catalog.ts'
import { conditionTypeOf, eventReasonOf } from '../../libs/monitor-kit/define.ts'
import { type CheckOnDisk, foldersIn, readMonitorFolder } from '../../libs/monitor-kit/testing/on-disk.ts'
import { plannedServices, SERVICES } from '../../libs/service-table/index.ts'
import { toJsonSchema } from './json-schema.ts'

/** What stands on disk does not fit together. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly code = 'CATALOG_INCONSISTENT'
}

/** Every monitor below `folder` (services/monitors), by name; none of one that is only planned: nobody serves its checks yet. */
export async function readCatalog(folder: string): Promise<Catalog> {
  const planned = plannedServices(SERVICES).map(({ name }) => name)
  const folders = foldersIn(folder).filter(
    (path) => existsSync(join(path, 'monitor.ts')) && !planned.includes(basename(path)),
  )
  const monitors = await Promise.all(folders.map(readMonitor))
  const checks = monitors.flatMap(({ checks: found }) => found)
  refuseDoubles(checks)
  return { monitors: monitors.map(({ name, description }) => ({ name, description })), checks }
}

async function readMonitor(folder: string) {
  const { definition, checks: found } = await readMonitorFolder(folder)
  const checks = found.map((check) => describe(definition.name, check))
  checks.sort((a, b) => a.type.localeCompare(b.type))
  return { name: definition.name, description: definition.description, checks }
}

function describe(monitor: string, { definition, schema }: CheckOnDisk): CatalogCheck {
  const { type, aliases = [], description, intervalMs, timeoutMs, conditions, events = [], metrics = [] } = definition
  if (timeoutMs >= intervalMs) throw new CatalogError(`check "${type}": its timeout is not shorter than its interval`)
  return {
    type,
    aliases,
    monitor,
    description,
    intervalMs,
    timeoutMs,
    when: definition.when,
    instances: definition.instances,
    apartBy: definition.apartBy,
    typesFrom: definition.typesFrom,
    typesOf: definition.typesOf,
    schema: toJsonSchema(schema, type),
    conditions: conditions.map((spec) => {
      const { source, warning, critical, sustained } = spec
      return { ...conditionTypeOf(spec), source, warning, critical, sustained }
    }),
    events: events.map(eventReasonOf),
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
