/**
 * What one input changes, collected over an untouched state: reads see what was written before them, and the changes
 * at the end are the differences, in the order state-first (docs/architecture.md, section 6, rule 2).
 */
import { conditionKey, sourceKey } from './keys.ts'
import type { Change, MonitorDeclaration, NodeState } from './state.ts'
import type {
  ConditionType,
  Instant,
  MonitorState,
  NodeCondition,
  NodeEvent,
  Observation,
  Problem,
  SourceCondition,
} from './types.ts'

interface Touched<T, K> {
  readonly key: K
  value: T | undefined
}

export interface Draft {
  readonly now: Instant
  source(monitor: string, type: string, entity: string): SourceCondition | undefined
  putSource(value: SourceCondition): void
  deleteSource(monitor: string, type: string, entity: string): void
  /** Every source of a condition, in the order of the monitors' names. */
  sourcesOf(type: string, entity: string): readonly SourceCondition[]
  /** Every source of a monitor. */
  sourcesBy(monitor: string): readonly SourceCondition[]
  allSources(): Iterable<SourceCondition>
  condition(type: string, entity: string): NodeCondition | undefined
  putCondition(value: NodeCondition): void
  deleteCondition(type: string, entity: string): void
  problem(fingerprint: string): Problem | undefined
  putProblem(value: Problem, told: boolean): void
  forgetProblem(fingerprint: string): void
  allProblems(): readonly Problem[]
  monitor(name: string): MonitorState | undefined
  putMonitor(value: MonitorState): void
  deleteMonitor(name: string): void
  declaration(name: string): MonitorDeclaration | undefined
  putDeclaration(value: MonitorDeclaration): void
  deleteDeclaration(name: string): void
  declarations(): Iterable<MonitorDeclaration>
  /** Whether any check depends on another: most nodes have none, and their reports need no gates. */
  hasDependents(): boolean
  /** What is declared of a type: by this monitor, or by whoever declares it first in the order of names. */
  conditionType(type: string, monitor: string | undefined): ConditionType | undefined
  emit(event: NodeEvent): void
  changes(): Change[]
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  const left = Object.keys(a)
  if (left.length !== Object.keys(b).length) return false
  return left.every((key) => sameValue(a[key as keyof typeof a], b[key as keyof typeof b]))
}

/** Compares the named fields; a list of names made once, since this runs for every condition of every report. */
function sameFields<T extends object>(a: T, b: T, names: readonly (keyof T)[]): boolean {
  for (const name of names) if (a[name] !== b[name] && !sameValue(a[name], b[name])) return false
  return true
}

const OBSERVATION_NAMES = [
  'health',
  'severity',
  'reason',
  'message',
  'summary',
  'evidence',
  'since',
  'check',
  'pending',
  'type',
  'entity',
] as const satisfies readonly (keyof Observation)[]
/** Without what moves at every check and says nothing new: `observed`, the streak, the report's number. */
const SOURCE_NAMES = [
  'health',
  'held',
  'since',
  'raised',
  'penalty',
  'penaltyMonoMs',
  'monitor',
  'cleared',
] as const satisfies readonly (keyof SourceCondition)[]
/** Without `observed`; exporters have it from the check's last run. */
const CONDITION_NAMES = [
  'health',
  'status',
  'severity',
  'reason',
  'message',
  'summary',
  'since',
  'statusSince',
  'sources',
  'check',
  'evidence',
  'polarity',
  'label',
  'recovery',
  'held',
  'type',
  'entity',
] as const satisfies readonly (keyof NodeCondition)[]
/** Without the last report, the last runs and their counts. */
const MONITOR_NAMES = [
  'health',
  'since',
  'version',
  'description',
  'protocol',
  'origin',
  'socket',
  'lastError',
  'lastErrorAt',
  'incarnation',
  'restarts',
  'conditionTypes',
  'violations',
  'name',
] as const satisfies readonly (keyof MonitorState)[]

function sameSource(before: SourceCondition, value: SourceCondition): boolean {
  return sameFields(before, value, SOURCE_NAMES) && sameFields(before.observation, value.observation, OBSERVATION_NAMES)
}

class StateDraft implements Draft {
  readonly now: Instant
  readonly #state: NodeState
  readonly #sources = new Map<string, Touched<SourceCondition, { monitor: string; type: string; entity: string }>>()
  readonly #conditions = new Map<string, Touched<NodeCondition, { type: string; entity: string }>>()
  readonly #problems = new Map<string, { value: Problem | undefined; told: boolean }>()
  readonly #monitors = new Map<string, MonitorState | undefined>()
  readonly #declarations = new Map<string, MonitorDeclaration | undefined>()
  readonly #events: NodeEvent[] = []

  constructor(state: NodeState, now: Instant) {
    this.#state = state
    this.now = now
  }

  source(monitor: string, type: string, entity: string): SourceCondition | undefined {
    const key = sourceKey(monitor, type, entity)
    const touched = this.#sources.get(key)
    return touched ? touched.value : this.#state.sources.get(key)
  }

  putSource(value: SourceCondition): void {
    const { type, entity } = value.observation
    const { monitor } = value
    this.#sources.set(sourceKey(monitor, type, entity), { key: { monitor, type, entity }, value })
  }

  deleteSource(monitor: string, type: string, entity: string): void {
    this.#sources.set(sourceKey(monitor, type, entity), { key: { monitor, type, entity }, value: undefined })
  }

  sourcesOf(type: string, entity: string): readonly SourceCondition[] {
    const names = new Set(this.#state.sourceMonitors.get(conditionKey(type, entity)))
    for (const { key } of this.#sources.values()) {
      if (key.type === type && key.entity === entity) names.add(key.monitor)
    }
    const ordered = names.size > 1 ? [...names].sort() : names
    const found: SourceCondition[] = []
    for (const name of ordered) {
      const value = this.source(name, type, entity)
      if (value !== undefined) found.push(value)
    }
    return found
  }

  sourcesBy(monitor: string): readonly SourceCondition[] {
    return [...this.allSources()].filter((value) => value.monitor === monitor)
  }

  *allSources(): Iterable<SourceCondition> {
    for (const [key, value] of this.#state.sources) if (!this.#sources.has(key)) yield value
    for (const { value } of this.#sources.values()) if (value !== undefined) yield value
  }

  condition(type: string, entity: string): NodeCondition | undefined {
    const key = conditionKey(type, entity)
    const touched = this.#conditions.get(key)
    return touched ? touched.value : this.#state.conditions.get(key)
  }

  putCondition(value: NodeCondition): void {
    this.#conditions.set(conditionKey(value.type, value.entity), { key: value, value })
  }

  deleteCondition(type: string, entity: string): void {
    this.#conditions.set(conditionKey(type, entity), { key: { type, entity }, value: undefined })
  }

  problem(fingerprint: string): Problem | undefined {
    const touched = this.#problems.get(fingerprint)
    return touched ? touched.value : this.#state.problems.get(fingerprint)
  }

  putProblem(value: Problem, told: boolean): void {
    const before = this.#problems.get(value.fingerprint)
    this.#problems.set(value.fingerprint, { value, told: told || (before?.told ?? false) })
  }

  forgetProblem(fingerprint: string): void {
    this.#problems.set(fingerprint, { value: undefined, told: false })
  }

  allProblems(): readonly Problem[] {
    const all: Problem[] = []
    for (const [key, value] of this.#state.problems) if (!this.#problems.has(key)) all.push(value)
    for (const { value } of this.#problems.values()) if (value !== undefined) all.push(value)
    return all
  }

  monitor(name: string): MonitorState | undefined {
    return this.#monitors.has(name) ? this.#monitors.get(name) : this.#state.monitors.get(name)
  }

  putMonitor(value: MonitorState): void {
    this.#monitors.set(value.name, value)
  }

  deleteMonitor(name: string): void {
    this.#monitors.set(name, undefined)
  }

  declaration(name: string): MonitorDeclaration | undefined {
    return this.#declarations.has(name) ? this.#declarations.get(name) : this.#state.declarations.get(name)
  }

  putDeclaration(value: MonitorDeclaration): void {
    this.#declarations.set(value.name, value)
  }

  deleteDeclaration(name: string): void {
    this.#declarations.set(name, undefined)
  }

  *declarations(): Iterable<MonitorDeclaration> {
    for (const [name, value] of this.#state.declarations) if (!this.#declarations.has(name)) yield value
    for (const value of this.#declarations.values()) if (value !== undefined) yield value
  }

  hasDependents(): boolean {
    if (this.#declarations.size === 0) return this.#state.gated.size > 0
    for (const { checks } of this.declarations()) if (checks.some(({ dependsOn }) => dependsOn.length > 0)) return true
    return false
  }

  conditionType(type: string, monitor: string | undefined): ConditionType | undefined {
    const own = monitor === undefined ? undefined : this.declaration(monitor)?.conditionTypes.get(type)
    if (own !== undefined) return own
    let found: { name: string; type: ConditionType } | undefined
    for (const { name, conditionTypes } of this.declarations()) {
      const declared = conditionTypes.get(type)
      if (declared !== undefined && (found === undefined || name < found.name)) found = { name, type: declared }
    }
    return found?.type
  }

  emit(event: NodeEvent): void {
    this.#events.push(event)
  }

  changes(): Change[] {
    const changes: Change[] = []
    this.#addDeclarations(changes)
    this.#addSources(changes)
    this.#addConditions(changes)
    this.#addMonitors(changes)
    this.#addProblems(changes)
    for (const value of this.#events) changes.push({ kind: 'event', value })
    return changes
  }

  #addDeclarations(changes: Change[]): void {
    for (const [name, value] of this.#declarations) {
      if (this.#state.declarations.get(name) !== value) changes.push({ kind: 'declaration', name, value })
    }
  }

  #addSources(changes: Change[]): void {
    for (const [key, { key: name, value }] of this.#sources) {
      const before = this.#state.sources.get(key)
      if (before === value) continue
      const quiet = before !== undefined && value !== undefined && sameSource(before, value)
      changes.push({ kind: 'source', monitor: name.monitor, type: name.type, entity: name.entity, value, quiet })
    }
  }

  #addConditions(changes: Change[]): void {
    for (const [key, { key: name, value }] of this.#conditions) {
      const before = this.#state.conditions.get(key)
      if (before === value) continue
      const quiet = before !== undefined && value !== undefined && sameFields(before, value, CONDITION_NAMES)
      changes.push({ kind: 'condition', type: name.type, entity: name.entity, value, quiet })
    }
  }

  #addMonitors(changes: Change[]): void {
    for (const [name, value] of this.#monitors) {
      const before = this.#state.monitors.get(name)
      if (before === value) continue
      const quiet = before !== undefined && value !== undefined && sameFields(before, value, MONITOR_NAMES)
      changes.push({ kind: 'monitor', name, value, quiet })
    }
  }

  #addProblems(changes: Change[]): void {
    for (const [fingerprint, { value, told }] of this.#problems) {
      const before = this.#state.problems.get(fingerprint)
      if (value === undefined) {
        if (before !== undefined) changes.push({ kind: 'problem-forgotten', fingerprint })
      } else if (before === undefined || told || !sameValue(before, value))
        changes.push({ kind: 'problem', value, told })
    }
  }
}

export function createDraft(state: NodeState, now: Instant): Draft {
  return new StateDraft(state, now)
}
