/**
 * A check that nobody wrote and that runs on some machines only gives way to a monitor outside that the configuration names and that
 * speaks of the same: who brings a GPU monitor of their own need not know which of ours would have come with the next version.
 */
import { type Catalog, checkOf } from '../catalog.ts'
import type { NpdReading } from '../npd/kinds.ts'
import type { MonitorEntry, PluginEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import type { Placed } from './spot.ts'

interface Named {
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly npd: NpdReading | undefined
  readonly catalog: Catalog
}

/** In words, who outside has each type for itself. */
function speakersOf({ plugins, npd }: Named): ReadonlyMap<string, string> {
  // Of a file that cannot be used there is no plug-in.
  const files = npd?.files.filter(({ kind, faults }) => kind === 'external' && faults.length === 0) ?? []
  return new Map([
    ...files.flatMap(({ path, types }) => types.map(({ type }) => [type, path] as const)),
    ...plugins.flatMap(({ entry }) =>
      entry.conditions.filter(({ shared }) => !shared).map(({ type }) => [type, `plug-in "${entry.name}"`] as const),
    ),
  ])
}

function mayGiveWay({ enabled, when, origin }: MonitorEntry): boolean {
  return enabled && when !== 'always' && origin.layer === 'default'
}

/** The checks, with those of a monitor that gives way switched off, which is noted. */
export function withoutGivenWay(
  monitors: readonly Placed<MonitorEntry>[],
  named: Named,
  run: Run,
): readonly Placed<MonitorEntry>[] {
  const speakers = speakersOf(named)
  const givesWayTo = new Map<string, string>()
  for (const { entry } of monitors) {
    const types = mayGiveWay(entry) ? (checkOf(named.catalog, entry.type)?.conditions ?? []) : []
    const found = types.find(({ type }) => speakers.has(type))
    if (found !== undefined && !givesWayTo.has(entry.monitor))
      givesWayTo.set(entry.monitor, `${speakers.get(found.type)} speaks of "${found.type}"`)
  }
  return monitors.map((placed) => {
    const why = mayGiveWay(placed.entry) ? givesWayTo.get(placed.entry.monitor) : undefined
    if (why === undefined) return placed
    run.note(placed.spot, `is switched off: ${why}; write the check under monitors where both are to run`)
    return { ...placed, entry: { ...placed.entry, enabled: false } }
  })
}
