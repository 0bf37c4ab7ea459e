/**
 * The node's state and how changes move it. State is exactly what the changes say: whoever has applied the same
 * changes has the same state, which is why it can be written to buckets and read back.
 */
import { conditionKey, sourceKey } from './keys.ts'
import { countShadow } from './shadow.ts'
import { count, type Tally, type TallyOfTallies } from './tally.ts'
import type {
  ConditionType,
  EventReason,
  MetricDescriptor,
  MonitorState,
  NodeCondition,
  NodeEvent,
  Problem,
  SourceCondition,
} from './types.ts'

/** A check as its monitor declares it. */
export interface DeclaredCheck {
  readonly check: string
  readonly conditionTypes: readonly string[]
  /** Checks or monitors that must be well for this check's problems to count. */
  readonly dependsOn: readonly string[]
  /** Checks or monitors whose critical problems explain this check's. Default none. */
  readonly explainedBy?: readonly string[]
}

/** Whether anything holds back problems of this check. */
export function isHeldByOthers({ dependsOn, explainedBy = [] }: DeclaredCheck): boolean {
  return dependsOn.length > 0 || explainedBy.length > 0
}

/** Who a monitor is and what it may say. Made anew at each start, never read from a bucket. */
export interface MonitorDeclaration {
  readonly name: string
  readonly origin: MonitorState['origin']
  readonly protocol: string
  readonly socket: string
  readonly version: string
  readonly description: string
  readonly conditionTypes: ReadonlyMap<string, ConditionType>
  readonly eventReasons: ReadonlyMap<string, EventReason>
  readonly checks: readonly DeclaredCheck[]
  /** Absent: its protocol has none. */
  readonly metrics?: readonly MetricDescriptor[]
  /** Types and reasons beyond the declared ones are taken too (plug-ins of the older protocol declare loosely). */
  readonly open: boolean
}

/** All that is known of the node. Changed by `applyChanges` alone. */
export interface NodeState {
  readonly sources: Map<string, SourceCondition>
  readonly conditions: Map<string, NodeCondition>
  readonly problems: Map<string, Problem>
  readonly monitors: Map<string, MonitorState>
  readonly declarations: Map<string, MonitorDeclaration>
  /** Derived: which monitors have a source for a condition. */
  readonly sourceMonitors: Map<string, Set<string>>
  /** Derived: monitors with a check that depends on something. */
  readonly gated: Set<string>
  /** Derived: what checks cast on those that depend on them, by the check's name (shadow.ts). */
  readonly shadows: TallyOfTallies
  /** Derived: open problems of each monitor that said them. */
  readonly open: Tally
  /** Who alone may speak of a type, from registry and configuration; others may speak of all others. Never in a bucket. */
  owners: ReadonlyMap<string, string>
}

/** One step of the state. What is `told` goes to the streams; what is `quiet` moves only the time of a proof. */
export type Change =
  | {
      readonly kind: 'source'
      readonly monitor: string
      readonly type: string
      readonly entity: string
      readonly value: SourceCondition | undefined
      readonly quiet: boolean
    }
  | {
      readonly kind: 'condition'
      readonly type: string
      readonly entity: string
      readonly value: NodeCondition | undefined
      readonly quiet: boolean
    }
  | { readonly kind: 'problem'; readonly value: Problem; readonly told: boolean }
  | { readonly kind: 'problem-forgotten'; readonly fingerprint: string }
  | {
      readonly kind: 'monitor'
      readonly name: string
      readonly value: MonitorState | undefined
      readonly quiet: boolean
    }
  | { readonly kind: 'declaration'; readonly name: string; readonly value: MonitorDeclaration | undefined }
  | { readonly kind: 'event'; readonly value: NodeEvent }
  | { readonly kind: 'owners'; readonly value: ReadonlyMap<string, string> }

/**
 * A state that knows nothing.
 * @param owners condition type → the monitor that alone may report it
 */
export function createState(owners: ReadonlyMap<string, string> = new Map()): NodeState {
  return {
    sources: new Map(),
    conditions: new Map(),
    problems: new Map(),
    monitors: new Map(),
    declarations: new Map(),
    sourceMonitors: new Map(),
    gated: new Set(),
    shadows: new Map(),
    open: new Map(),
    owners,
  }
}

/** A state with the same content that can be moved on its own. */
export function copyState(state: NodeState): NodeState {
  return {
    sources: new Map(state.sources),
    conditions: new Map(state.conditions),
    problems: new Map(state.problems),
    monitors: new Map(state.monitors),
    declarations: new Map(state.declarations),
    sourceMonitors: new Map([...state.sourceMonitors].map(([key, names]) => [key, new Set(names)])),
    gated: new Set(state.gated),
    shadows: new Map([...state.shadows].map(([check, cast]) => [check, new Map(cast)])),
    open: new Map(state.open),
    owners: state.owners,
  }
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

function indexSource(state: NodeState, monitor: string, key: string, present: boolean): void {
  const names = state.sourceMonitors.get(key)
  if (present) {
    if (names === undefined) state.sourceMonitors.set(key, new Set([monitor]))
    else names.add(monitor)
  } else if (names?.delete(monitor) && names.size === 0) state.sourceMonitors.delete(key)
}

function countOpen(state: NodeState, problem: Problem | undefined, by: number): void {
  if (problem !== undefined && problem.phase !== 'resolved') count(state.open, problem.source, by)
}

/** Moves `state` by the changes, in place. */
export function applyChanges(state: NodeState, changes: readonly Change[]): void {
  for (const change of changes) {
    switch (change.kind) {
      case 'source':
        countShadow(state.shadows, state.sources.get(sourceKey(change.monitor, change.type, change.entity)), -1)
        countShadow(state.shadows, change.value, 1)
        put(state.sources, sourceKey(change.monitor, change.type, change.entity), change.value)
        indexSource(state, change.monitor, conditionKey(change.type, change.entity), change.value !== undefined)
        break
      case 'condition':
        put(state.conditions, conditionKey(change.type, change.entity), change.value)
        break
      case 'problem':
        countOpen(state, state.problems.get(change.value.fingerprint), -1)
        countOpen(state, change.value, 1)
        state.problems.set(change.value.fingerprint, change.value)
        break
      case 'problem-forgotten':
        countOpen(state, state.problems.get(change.fingerprint), -1)
        state.problems.delete(change.fingerprint)
        break
      case 'monitor':
        put(state.monitors, change.name, change.value)
        break
      case 'declaration':
        put(state.declarations, change.name, change.value)
        if (change.value?.checks.some(isHeldByOthers)) state.gated.add(change.name)
        else state.gated.delete(change.name)
        break
      case 'event':
        break
      case 'owners':
        state.owners = change.value
        break
    }
  }
}
