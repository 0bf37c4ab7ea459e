/** A condition type that a plug-in lists and that is somebody else's: at run time the second would only misbehave. */
import { DETECTOR_CONDITIONS } from '#model'
import { type Catalog, checkOf } from '../catalog.ts'
import type { MonitorEntry, NodeDoctorConfig, PluginEntry } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import { namedTypesOf } from './instance-types.ts'
import { type Owner, ownerOf } from './owner.ts'
import { itemSpot, type Placed } from './spot.ts'

interface Known {
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly catalog: Catalog
  /** Who of ours may speak of what. */
  readonly owners: NodeDoctorConfig['catalog']
}

/** Whose each type of ours is that no plug-in may list: it is one monitor's alone, or several share it. */
function ownersOf({ monitors, catalog, owners }: Known, key: 'conditionTypes' | 'sharedTypes'): Map<string, Owner> {
  const running = monitors.filter(({ entry }) => entry.enabled)
  const byName = new Map(running.map((placed) => [placed.entry.name, placed]))
  const named = namedTypesOf(running, catalog).flatMap(({ type, check }) => {
    const placed = byName.get(check)
    return placed === undefined ? [] : [[type, ownerOf(placed)] as const]
  })
  const declared = running.flatMap((placed) =>
    (checkOf(catalog, placed.entry.type)?.conditions ?? []).map(({ type }) => [type, ownerOf(placed)] as const),
  )
  // The first of those that speak of it is named.
  const found = [...declared, ...named].toReversed()
  return new Map(found.filter(([type]) => owners.some((one) => one[key].includes(type))))
}

/**
 * A type belongs to one: a check of ours, the detector, or the first plug-in that lists it. Of plug-ins any may list it where
 * one declares it shared; what checks of ours share a plug-in may list as shared.
 */
export function checkPluginTypes(plugins: readonly Placed<PluginEntry>[], known: Known, run: Run): void {
  const alone = ownersOf(known, 'conditionTypes')
  for (const { type } of DETECTOR_CONDITIONS) alone.set(type, { words: 'the detector', todo: '' })
  const among = ownersOf(known, 'sharedTypes')
  const listed = plugins.flatMap(({ entry }) => entry.conditions)
  const shared = new Set(listed.filter((condition) => condition.shared).map(({ type }) => type))
  const first = new Map<string, { readonly plugin: string; readonly spot: Spot }>()
  for (const { entry, spot, node } of plugins) {
    for (const [index, { type, shared: isShared }] of entry.conditions.entries()) {
      const at = itemSpot(spot, node, 'conditions', index)
      const owner = alone.get(type)
      const sharers = among.get(type)
      const before = first.get(type)
      const what = `condition type "${type}" of plug-in "${entry.name}" belongs to`
      if (owner !== undefined) run.fault(at, `${what} ${owner.words}; expected another name${owner.todo}`)
      else if (sharers !== undefined && !isShared)
        run.fault(at, `${what} ${sharers.words}; expected another name, shared: true${sharers.todo}`)
      else if (before !== undefined && before.plugin !== entry.name && !shared.has(type))
        run.fault(
          at,
          `${what} plug-in "${before.plugin}", at ${before.spot.place.where}; expected another name, or shared: true`,
        )
      if (before === undefined) first.set(type, { plugin: entry.name, spot: at })
    }
  }
}
