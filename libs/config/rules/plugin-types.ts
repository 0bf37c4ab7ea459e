/** A condition type that a plug-in lists and that is somebody else's: at run time the second would only misbehave. */
import { DETECTOR_CONDITIONS } from '#model'
import type { Catalog } from '../catalog.ts'
import type { MonitorEntry, NodeDoctorConfig, PluginEntry } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import { configuredChecks, namedTypesOf } from './instance-types.ts'
import { itemSpot, type Placed } from './spot.ts'

interface Known {
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly catalog: Catalog
  /** Who of ours may speak of what. */
  readonly owners: NodeDoctorConfig['catalog']
}

/** In words, whose each type of ours is that no plug-in may list: it is one monitor's alone, or the detector's. */
function ownWords({ monitors, catalog, owners }: Known, key: 'conditionTypes' | 'sharedTypes'): Map<string, string> {
  const entries = monitors.map(({ entry }) => entry)
  return new Map<string, string>(
    [
      // Last wins: a check that is here says more than its monitor.
      ...owners.flatMap((one) => one[key].map((type) => [type, `monitor "${one.monitor}"`] as const)),
      ...namedTypesOf(monitors, catalog).map(({ type, check }) => [type, `check "${check}"`] as const),
      ...configuredChecks(entries, catalog).flatMap(({ type: by, conditions }) =>
        conditions.map(({ type }) => [type, `check type "${by}"`] as const),
      ),
    ].filter(([type]) => owners.some((one) => one[key].includes(type))),
  )
}

/**
 * A type belongs to one: a check of ours, the detector, or the first plug-in that lists it. Of plug-ins any may list it where
 * one declares it shared; what checks of ours share a plug-in may list as shared.
 */
export function checkPluginTypes(plugins: readonly Placed<PluginEntry>[], known: Known, run: Run): void {
  const alone = ownWords(known, 'conditionTypes')
  for (const { type } of DETECTOR_CONDITIONS) alone.set(type, 'the detector')
  const among = ownWords(known, 'sharedTypes')
  const listed = plugins.flatMap(({ entry }) => entry.conditions)
  const shared = new Set(listed.filter((condition) => condition.shared).map(({ type }) => type))
  const first = new Map<string, { readonly plugin: string; readonly spot: Spot }>()
  for (const { entry, spot, node } of plugins) {
    for (const [index, { type, shared: isShared }] of entry.conditions.entries()) {
      const at = itemSpot(spot, node, 'conditions', index)
      const owner = alone.get(type)
      const sharers = among.get(type)
      const before = first.get(type)
      if (owner !== undefined) run.fault(at, `condition type "${type}" belongs to ${owner}; expected another name`)
      else if (sharers !== undefined && !isShared)
        run.fault(at, `condition type "${type}" belongs to ${sharers}; expected another name, or shared: true`)
      else if (before !== undefined && before.plugin !== entry.name && !shared.has(type))
        run.fault(
          at,
          `condition type "${type}" belongs to plug-in "${before.plugin}", at ${before.spot.place.where}; expected another name, or shared: true`,
        )
      if (before === undefined) first.set(type, { plugin: entry.name, spot: at })
    }
  }
}
