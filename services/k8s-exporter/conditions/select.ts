/** Which conditions stand on the node: few, so that a person can read it and a plug-in cannot fill it. Pure. */
import type { Desired } from './desired.ts'
import { WATCHED } from './rank.ts'
import type { Tracker } from './tracker.ts'

/** On one node, and of one plug-in that nobody configured. The summary stands beside them. */
export const CONDITIONS_MAX = 63
export const OF_PLUGIN_MAX = 16
/** How long one that is well again stays to be seen. */
export const LINGER_MS = 3_600_000

export interface SelectInput {
  readonly known: ReadonlyMap<string, Desired>
  /** Types of node-problem-detector's files: each has a place, beside all others. */
  readonly verbatim?: ReadonlySet<string>
  /** What is told to the cluster at all. Default: everything. */
  readonly isOfScope?: (one: Desired) => boolean
  /** By our types. */
  readonly always: ReadonlySet<string>
  readonly never: ReadonlySet<string>
  /** Names of ours that are on the node. */
  readonly standing: ReadonlySet<string>
  readonly tracker: Tracker
  readonly now: Date
}

export interface Selection {
  readonly chosen: Map<string, Desired>
  /** Known, and to be taken off where it stands. */
  readonly retired: ReadonlySet<string>
  /** Not well, and without a place. */
  readonly leftOut: readonly Desired[]
}

function lingers({ type, types, since }: Desired, { standing, tracker, now }: SelectInput): boolean {
  if (!standing.has(type)) return false
  const times = types.flatMap((one) => tracker.of(one)?.unwell ?? [])
  return now.getTime() - Math.max(since.getTime(), ...times.map((time) => time.getTime())) < LINGER_MS
}

/** The worst first, then what has stood longest: who has a place keeps it against its equals. */
function compare(a: Desired, b: Desired): number {
  return b.rank - a.rank || a.since.getTime() - b.since.getTime() || (a.type < b.type ? -1 : 1)
}

export function selectConditions(input: SelectInput): Selection {
  const { known, verbatim = new Set(), always, never, isOfScope = () => true } = input
  const all = [...known.values()].filter((one) => isOfScope(one) && !one.types.every((type) => never.has(type)))
  const isVerbatim = ({ types }: Desired) => types.every((type) => verbatim.has(type))
  const wished = all.filter((one) => !isVerbatim(one))
  const isAlways = ({ types }: Desired) => types.some((type) => always.has(type))
  const first = wished.filter(isAlways).sort(compare)
  const others = wished.filter((one) => !isAlways(one) && (one.rank > WATCHED || lingers(one, input))).sort(compare)
  const chosen = new Map<string, Desired>()
  const ofPlugin = new Map<string, number>()
  const leftOut: Desired[] = []
  for (const one of [...first, ...others]) {
    const count = ofPlugin.get(one.plugin) ?? 0
    if (chosen.size < CONDITIONS_MAX && (one.plugin === '' || count < OF_PLUGIN_MAX)) {
      chosen.set(one.type, one)
      ofPlugin.set(one.plugin, count + 1)
    } else if (one.rank > WATCHED) leftOut.push(one)
  }
  for (const one of all.filter(isVerbatim)) chosen.set(one.type, one)
  return { chosen, retired: new Set([...known.keys()].filter((name) => !chosen.has(name))), leftOut }
}
