/** Which condition types are whose, by the checks that are configured: those of their type, and those that their keys name. */
import { CAMEL_CASE, DETECTOR_CONDITIONS, namedTypes } from '#model'
import { type Catalog, type CatalogCheck, checkOf } from '../catalog.ts'
import { isNpdCheck } from '../npd/kinds.ts'
import type { MonitorEntry, NodeDoctorConfig } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import { type Placed, spotOf } from './spot.ts'

/** A condition type that the keys of a check name, with the place of the outermost of them. */
export interface NamedType {
  readonly type: string
  /** The check's configured name. */
  readonly check: string
  readonly monitor: string
  /** Of another's file, as it stands there: it may be any text. */
  readonly isVerbatim: boolean
  readonly spot: Spot
}

/** Where the keys of a check name types, each path by itself. */
function namingsOf(catalog: Catalog, { type }: MonitorEntry) {
  const { typesFrom = [], typesOf = {} } = checkOf(catalog, type) ?? {}
  return [
    ...typesFrom.map((path) => ({ path, paths: [path], words: {} })),
    ...Object.entries(typesOf).map(([path, types]) => ({ path, paths: [], words: { [path]: types } })),
  ]
}

/** Every type that the keys of the checks that are switched on name, in their order. */
export function namedTypesOf(monitors: readonly Placed<MonitorEntry>[], catalog: Catalog): readonly NamedType[] {
  return monitors.flatMap(({ entry, spot, node }) =>
    (entry.enabled ? namingsOf(catalog, entry) : []).flatMap(({ path, paths, words }) => {
      const [key = ''] = path.split(/[.[]/)
      const at = spotOf(spot, node, 'config', key)
      return namedTypes(entry.config, paths, words).map((type) => ({
        type,
        check: entry.name,
        monitor: entry.monitor,
        isVerbatim: isNpdCheck(entry.type),
        spot: at,
      }))
    }),
  )
}

/** The checks of the catalogue that are configured and switched on, each once. */
export function configuredChecks(monitors: readonly MonitorEntry[], catalog: Catalog): readonly CatalogCheck[] {
  const found = monitors.filter(({ enabled }) => enabled).map(({ type }) => checkOf(catalog, type))
  return [...new Set(found.filter((check) => check !== undefined))]
}

/** A type that is no name, or is somebody else's already. Several checks may name the same: then it belongs to them all. */
export function checkNamedTypes(monitors: readonly Placed<MonitorEntry>[], catalog: Catalog, run: Run): void {
  const entries = monitors.map(({ entry }) => entry)
  const owned = configuredChecks(entries, catalog).flatMap(({ type: by, conditions }) =>
    conditions.map(({ type }) => [type, `check type "${by}"`] as const),
  )
  const owners = new Map<string, string>([
    ...owned,
    ...DETECTOR_CONDITIONS.map(({ type }) => [type, 'the detector'] as const),
  ])
  for (const { type, isVerbatim, spot } of namedTypesOf(monitors, catalog)) {
    const owner = owners.get(type)
    if (!isVerbatim && !CAMEL_CASE.test(type))
      run.fault(spot, `"${type}" is no condition type; expected a name in CamelCase, such as DiskFull`)
    else if (owner !== undefined) run.fault(spot, `condition type "${type}" belongs to ${owner}; expected another name`)
  }
}

/** Which checks keep others from their types: says it of one, where these monitors must be here. */
export type KeepsOut = (entry: MonitorEntry, expected: readonly string[]) => boolean

/**
 * A check that runs on some machines only may run nowhere here, and its monitor stand nowhere, also where somebody wrote a threshold of it:
 * what it would say keeps nobody out who just comes, unless its monitor is expected.
 */
export const keepsOutWhoComes: KeepsOut = ({ when, monitor }, expected) =>
  when === 'always' || expected.includes(monitor)

/** Of whom the configuration names nobody has a type for himself that a check has which is written too: both were meant. */
export const keepsOutWhoIsNamed: KeepsOut = (entry, expected) =>
  keepsOutWhoComes(entry, expected) || entry.origin.layer !== 'default'

/**
 * Which of our monitors may speak of what: only what a configured check of theirs declares. What is shared, or named by
 * checks of several monitors, is nobody's alone.
 * @param expected monitors that must be here
 */
export function ownersOf(
  monitors: readonly Placed<MonitorEntry>[],
  catalog: Catalog,
  expected: readonly string[],
  keepsOut: KeepsOut,
): NodeDoctorConfig['catalog'] {
  const named = namedTypesOf(monitors, catalog)
  const entries = monitors.map(({ entry }) => entry)
  const certain = entries.filter((entry) => keepsOut(entry, expected))
  const certainTypes = new Set(
    configuredChecks(certain, catalog).flatMap(({ conditions }) => conditions.map(({ type }) => type)),
  )
  const speakers = Map.groupBy(named, ({ type }) => type)
  const isShared = (type: string) => new Set(speakers.get(type)?.map(({ monitor }) => monitor)).size > 1
  return catalog.monitors.map(({ name }) => {
    const ofMonitor = (checks: readonly CatalogCheck[]) => checks.filter(({ monitor }) => monitor === name)
    const configured = ofMonitor(configuredChecks(entries, catalog))
    const own = ofMonitor(configuredChecks(certain, catalog))
    // Who may come speaks beside those who are certain, where there are any.
    const beside = configured.flatMap(({ conditions }) => conditions).filter(({ type }) => certainTypes.has(type))
    const types = [...own.flatMap(({ conditions }) => conditions), ...beside]
    const theirs = named.filter(({ monitor }) => monitor === name).map(({ type }) => type)
    const alone = [
      ...types.filter(({ shared }) => !shared).map(({ type }) => type),
      ...theirs.filter((t) => !isShared(t)),
    ]
    const shared = [
      ...types.filter((condition) => condition.shared).map(({ type }) => type),
      ...theirs.filter(isShared),
    ]
    return { monitor: name, conditionTypes: [...new Set(alone)], sharedTypes: [...new Set(shared)] }
  })
}
