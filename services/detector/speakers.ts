/** Of which types monitors of ours speak here, as they describe themselves: from the first report of each on. Pure. */
import { DETECTOR, type NodeState } from '#model'

/** By each such type who speaks of it; the detector's own types are told apart by who owns them. */
export function typesHeard({ monitors }: Pick<NodeState, 'monitors'>): ReadonlyMap<string, string> {
  const heard = new Map<string, string[]>()
  for (const { name, origin, lastReport, conditionTypes } of monitors.values()) {
    if (origin !== 'built-in' || name === DETECTOR || lastReport === undefined) continue
    for (const type of conditionTypes) heard.set(type, [...(heard.get(type) ?? []), name])
  }
  return new Map([...heard].map(([type, names]) => [type, names.toSorted().join(', ')]))
}

/** Of which types a monitor may not speak because ours do: one that nobody configured has no word beside them. */
export function heardBeside(
  state: Pick<NodeState, 'monitors' | 'declarations'>,
  monitor: string,
): ReadonlyMap<string, string> {
  return state.declarations.get(monitor)?.origin === 'discovered' ? typesHeard(state) : new Map()
}
