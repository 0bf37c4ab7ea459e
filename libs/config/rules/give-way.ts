/**
 * A check that nobody wrote and that runs on some machines only gives way to a monitor outside that the configuration names and that
 * speaks of the same: who brings a GPU monitor of their own need not know which of ours would have come with the next version. Where its
 * monitor is expected, somebody did ask for it.
 */
import { type Catalog, checkOf } from '../catalog.ts'
import type { NpdReading } from '../npd/kinds.ts'
import { GIVEN_UP_NAMES } from '../parts.ts'
import type { MonitorEntry, PluginEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import type { Placed } from './spot.ts'

interface Named {
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly npd: NpdReading | undefined
  readonly catalog: Catalog
  /** Monitors that must be here (`detector.expect`). */
  readonly expected: readonly string[]
}

/** In words, who outside has each type for itself. */
function speakersOf({ plugins, npd }: Named): ReadonlyMap<string, string> {
  // Of a file that cannot be used there is no plug-in.
  const files = npd?.files.filter(({ kind, faults }) => kind === 'external' && faults.length === 0) ?? []
  return new Map([
    ...files.flatMap(({ path, types }) => types.map(({ type }) => [type, `${path} speaks of "${type}"`] as const)),
    ...plugins.flatMap(({ entry: { name, conditions } }) =>
      conditions
        .filter(({ shared }) => !shared)
        .map(({ type }) => [type, `plug-in "${name}" speaks of "${type}"`] as const),
    ),
  ])
}

/** In words, in whose place of our monitors somebody is by the name, as the gpu-monitor of npd-ext may be. */
function namesakesOf({ plugins }: Named): ReadonlyMap<string, string> {
  const names = plugins.map(({ entry }) => entry.name).filter((name) => GIVEN_UP_NAMES.includes(name))
  return new Map(names.map((name) => [name, `plug-in "${name}" has the name of its monitor`]))
}

function mayGiveWay({ enabled, when, origin, monitor }: MonitorEntry, { expected }: Named): boolean {
  return enabled && when !== 'always' && origin.layer === 'default' && !expected.includes(monitor)
}

/** The checks, with those of a monitor that gives way switched off, which is noted. */
export function withoutGivenWay(
  monitors: readonly Placed<MonitorEntry>[],
  named: Named,
  run: Run,
): readonly Placed<MonitorEntry>[] {
  const speakers = speakersOf(named)
  const givesWayTo = new Map(namesakesOf(named))
  for (const { entry } of monitors) {
    const types = mayGiveWay(entry, named) ? (checkOf(named.catalog, entry.type)?.conditions ?? []) : []
    const found = types.find(({ type }) => speakers.has(type))
    if (found !== undefined && !givesWayTo.has(entry.monitor))
      givesWayTo.set(entry.monitor, speakers.get(found.type) ?? '')
  }
  const given = monitors.filter(({ entry }) => mayGiveWay(entry, named) && givesWayTo.has(entry.monitor))
  for (const [monitor, [first, ...others]] of Map.groupBy(given, ({ entry }) => entry.monitor)) {
    if (first === undefined) continue
    const beside = others.length === 0 ? '' : `, with ${others.map(({ entry }) => `"${entry.name}"`).join(', ')}`
    const todo = 'write the check under monitors where both are to run'
    run.note(first.spot, `is switched off${beside}: ${givesWayTo.get(monitor)}; ${todo}`)
  }
  return monitors.map((placed) =>
    given.includes(placed) ? { ...placed, entry: { ...placed.entry, enabled: false } } : placed,
  )
}
