/** Parts that the configuration asks for and that are not there. Each is told as a problem, none in silence. */
import { isRemedy, REMEDIES } from '#remedies/table'
import { plannedServices, SERVICES, type ServiceTable } from '#service-table'
import type { Catalog } from './catalog.ts'
import { editDistance } from './nearest.ts'
import { INSTEAD_OF_CHECK, PLANNED_CHECKS } from './parts.ts'
import { repairsOf } from './rules/repair-blocks.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import { isSwitchedOn } from './switches.ts'
import { child, type Tree } from './tree/tree.ts'
import type { MonitorEntry, NodeDoctorConfig, PluginEntry } from './types.ts'
import type { Run, Spot } from './walk/run.ts'

type Missing = NodeDoctorConfig['missing'][number]

/** A type that nobody serves. One letter away from one that is served it is a mistake, and a fault. */
export function checkTypes(monitors: readonly Placed<MonitorEntry>[], catalog: Catalog, run: Run): Missing[] {
  const served = catalog.checks.flatMap(({ type, aliases }) => [type, ...aliases])
  return monitors.flatMap(({ entry, spot, node }) => {
    if (entry.monitor !== '') return []
    const at = spotOf(spot, node, 'type')
    const planned = Object.hasOwn(PLANNED_CHECKS, entry.type) ? PLANNED_CHECKS[entry.type] : undefined
    const known = [...served, ...Object.keys(PLANNED_CHECKS)]
    const typo = planned === undefined ? known.find((type) => isOneOff(type, entry.type)) : undefined
    if (typo !== undefined) {
      run.fault(at, `no monitor serves "${entry.type}"; did you mean "${typo}"?`)
      return []
    }
    if (!entry.enabled) return []
    const nearest = run.nearest(entry.type, known)
    const why =
      planned !== undefined
        ? plannedWords(planned, catalog)
        : `no monitor of this version serves this type${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`
    const instead = Object.hasOwn(INSTEAD_OF_CHECK, entry.type) ? INSTEAD_OF_CHECK[entry.type] : undefined
    const what = `check "${entry.name}" of type "${entry.type}"`
    return [
      {
        key: `monitors.${entry.name}`,
        what,
        reason: instead === undefined ? why : `${why}; ${instead}`,
        origin: at.place.origin,
      },
    ]
  })
}

/** A monitor may be built before all of its checks are. */
function plannedWords(monitor: string, { monitors }: Catalog): string {
  return monitors.some(({ name }) => name === monitor)
    ? `the monitor "${monitor}" does not serve it in this version`
    : `the monitor "${monitor}" that is to serve it is not part of this version`
}

function isOneOff(type: string, written: string): boolean {
  return Math.abs(type.length - written.length) <= 1 && editDistance(type, written) === 1
}

/** Strategies of checks, or of plug-ins, that are not carried out. @param active whether repairs are switched on at all */
export function missingRemediation(
  list: readonly Placed<MonitorEntry | PluginEntry>[],
  section: 'monitors' | 'plugins',
  active: boolean,
): Missing[] {
  if (!active) return []
  return list.flatMap((placed) => {
    const { entry } = placed
    if ('enabled' in entry && !entry.enabled) return []
    const who = `${section === 'monitors' ? 'check' : 'plug-in'} "${entry.name}"`
    return repairsOf(placed).flatMap(({ entry: { strategy }, spot, node, isOff }) => {
      if (isOff || strategy === undefined || isBuilt(strategy)) return []
      return [
        {
          key: `${section}.${entry.name}.remediation`,
          what: `repair "${strategy}" of ${who}`,
          reason: 'this version does not carry it out; other strategies are not held up by it',
          origin: spotOf(spot, node, 'strategy').place.origin,
        },
      ]
    })
  })
}

function isBuilt(strategy: string): boolean {
  return isRemedy(strategy) && REMEDIES[strategy].built
}

/** Where else a switch may be written than at its own key. */
const ALSO_WRITTEN: Readonly<Record<string, readonly string[]>> = {
  'remediation.enabled': ['settings', 'enableRemediation'],
}

/**
 * Services that are switched on and not built, by the words of the table.
 * @param inForce the parts of the configuration that switches stand in, as they hold
 */
export function missingServices(inForce: object, tree: Tree, table: ServiceTable = SERVICES): Missing[] {
  const told = new Set<string>()
  return plannedServices(table).flatMap(({ switches, what, reason }) => {
    const on = switches.find((key) => isSwitchedOn(inForce, key))
    // Services that one switch asks for together are one part to who wrote it: the first of the table says so.
    if (on === undefined || told.has(on)) return []
    told.add(on)
    const { origin } = writtenSpot(on, tree).place
    return [{ key: on.slice(0, on.lastIndexOf('.')), what, reason, origin }]
  })
}

/** Where a switch is written, else where what encloses it is. */
function writtenSpot(key: string, tree: Tree): Spot {
  const own = key.split('.')
  const written = [own, ALSO_WRITTEN[key] ?? []].find((steps) => steps.reduce(child, tree) !== undefined)
  return spotOf(rootSpot(tree), tree, ...(written ?? own))
}
