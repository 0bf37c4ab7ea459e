/** What the buckets hold, as changes that make an empty state hold the same. */
import type { BusWriter } from '#bus'
import type { Change } from '#model'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem, fromProtoSourceCondition } from '#wire'

/** @param now stands in for times that a record lacks */
export function changesOfStore(stored: Awaited<ReturnType<BusWriter['readBack']>>, now: Date): Change[] {
  const changes: Change[] = []
  for (const source of stored.sources) {
    const value = fromProtoSourceCondition(source, now)
    if (value === undefined) continue
    const { type, entity } = value.observation
    changes.push({ kind: 'source', monitor: value.monitor, type, entity, value, quiet: true })
  }
  for (const condition of stored.conditions) {
    const value = fromProtoNodeCondition(condition, now)
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
