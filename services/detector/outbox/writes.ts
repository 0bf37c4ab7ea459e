/** State on its way to the buckets: only the last value of each key matters, so that a key waits once. */
import { ownerOfValue, type StateBucket, type StateKey } from '#bus'
import type { Change, MonitorState, NodeCondition, NodeState, Problem, SourceCondition } from '#model'

/** What the state has for each bucket. */
export interface Held {
  conditions: SourceCondition
  node_conditions: NodeCondition
  problems: Problem
  monitors: MonitorState
}

/** A value for one bucket; undefined: it is gone. */
export interface WriteTo<B extends StateBucket> {
  readonly bucket: B
  readonly key: StateKey[B]
  readonly value: Held[B] | undefined
}

export type Write = { [B in StateBucket]: WriteTo<B> }[StateBucket]

/** Names a write: a later one of the same name replaces it. */
export function writeName(write: Write): string {
  return `${write.bucket}\u0000${Object.values(write.key).join('\u0000')}`
}

/**
 * The write that a change asks for; none for facts and for what only moves the time of a proof. It says which bucket holds what
 * of a change: what a bucket is, its one table has (libs/bus, `buckets.ts`).
 */
export function writeOf(change: Change): Write | undefined {
  switch (change.kind) {
    case 'source': {
      const { monitor, type, entity, value } = change
      return change.quiet ? undefined : { bucket: 'conditions', key: { monitor, type, entity }, value }
    }
    case 'condition': {
      const { type, entity, value } = change
      return change.quiet ? undefined : { bucket: 'node_conditions', key: { type, entity }, value }
    }
    case 'problem':
      return { bucket: 'problems', key: { fingerprint: change.value.fingerprint }, value: change.value }
    case 'problem-forgotten':
      return { bucket: 'problems', key: { fingerprint: change.fingerprint }, value: undefined }
    case 'monitor':
      return change.quiet ? undefined : { bucket: 'monitors', key: { name: change.name }, value: change.value }
    case 'declaration':
    case 'event':
    case 'owners':
      return undefined
  }
}

/** Every write that makes an empty store hold this state. */
export function writesOfState(state: NodeState): Write[] {
  const writes: Write[] = []
  for (const value of state.sources.values()) {
    const { type, entity } = value.observation
    writes.push({ bucket: 'conditions', key: { monitor: value.monitor, type, entity }, value })
  }
  for (const value of state.conditions.values()) {
    writes.push({ bucket: 'node_conditions', key: { type: value.type, entity: value.entity }, value })
  }
  for (const value of state.problems.values()) {
    writes.push({ bucket: 'problems', key: { fingerprint: value.fingerprint }, value })
  }
  for (const value of state.monitors.values()) writes.push({ bucket: 'monitors', key: { name: value.name }, value })
  return writes
}

/** The monitor whose word it is. */
export function ownerOf<B extends StateBucket>({ bucket, key, value }: WriteTo<B>): string | undefined {
  return ownerOfValue(bucket, key, value)
}
