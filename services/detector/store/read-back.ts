/** What the buckets hold, as changes that make an empty state hold the same. */
import type { BusWriter } from '#bus'
import { type Change, INITIAL_CHECK, type Observation } from '#model'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem, fromProtoSourceCondition } from '#wire'

/** How {@link INITIAL_CHECK} was called before; a check of a plug-in may be called so. */
const INITIAL_BEFORE = 'initial-status'

/** Words of a configuration that an older version wrote: well, of the node, without a headline. */
function isInitialOfBefore({ check, health, entity, summary }: Observation): boolean {
  return check === INITIAL_BEFORE && health === 'healthy' && entity === '' && summary === ''
}

/** @param now stands in for times that a record lacks */
export function changesOfStore(stored: Awaited<ReturnType<BusWriter['readBack']>>, now: Date): Change[] {
  const changes: Change[] = []
  /** Types of which a monitor's configuration alone has spoken, by an older version. */
  const unspoken = new Set<string>()
  for (const source of stored.sources) {
    const read = fromProtoSourceCondition(source, now)
    if (read === undefined) continue
    const isWords = isInitialOfBefore(read.observation)
    const value = isWords ? { ...read, observation: { ...read.observation, check: INITIAL_CHECK } } : read
    const { type, entity } = value.observation
    if (isWords) unspoken.add(`${type} ${value.monitor}`)
    changes.push({ kind: 'source', monitor: value.monitor, type, entity, value, quiet: true })
  }
  for (const condition of stored.conditions) {
    const read = fromProtoNodeCondition(condition, now)
    const isOfNode = read.check === INITIAL_BEFORE && read.entity === ''
    const isWords = isOfNode && unspoken.has(`${read.type} ${read.sources[0]}`)
    const value = isWords ? { ...read, check: INITIAL_CHECK } : read
    changes.push({ kind: 'condition', type: value.type, entity: value.entity, value, quiet: true })
  }
  for (const problem of stored.problems)
    changes.push({ kind: 'problem', value: fromProtoProblem(problem, now), told: false })
  for (const monitor of stored.monitors) {
    const value = fromProtoMonitorState(monitor, now)
    changes.push({ kind: 'monitor', name: value.name, value, quiet: true })
  }
  return changes
}
