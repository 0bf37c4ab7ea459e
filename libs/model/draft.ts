/**
 * What one input changes, collected over an untouched state: reads see what was written before them, and the changes
 * at the end are the differences, in the order state-first (docs/architecture.md, section 6, rule 2).
 */
import { conditionKey, SHARED, sourceKey } from './keys.ts'
import { sameBut, sameValue } from './same.ts'
import { countShadow, type Shadow, shadowOf } from './shadow.ts'
import { type Change, isHeldByOthers, type MonitorDeclaration, type NodeState } from './state.ts'
import { count, type Tally, type TallyOfTallies } from './tally.ts'
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
  /** Who alone may speak of a type; undefined where several may. */
  ownerOf(type: string): string | undefined
  putOwners(owners: ReadonlyMap<string, string>): void
  /**
   * What checks of this name cast on those that depend on them, of whichever monitor. What has not lasted yet casts nothing once its
   * monitor is lost: nobody says whether it lasts.
   */
  shadows(check: string): readonly Shadow[]
  /** Whether anything casts another shadow than before, or is reachable that was not, or the reverse. */
  shadowsMoved(): boolean
  /** Open problems that this monitor said. */
  openProblems(monitor: string): number
  /** Resolved problems that are remembered. */
  resolvedProblems(): number
  /** Open problems that monitors said for which `counts` is true. */
  openProblemsOf(counts: (monitor: string) => boolean): number
  emit(event: NodeEvent): void
  changes(): Change[]
}

/** What moves at every look and says nothing new: exporters have the time of a proof from its check's last run. */
const QUIET_OBSERVATION: ReadonlySet<keyof Observation> = new Set(['observed'])
const QUIET_SOURCE: ReadonlySet<keyof SourceCondition> = new Set([
  'observation',
  'observed',
  'healthyStreak',
  'problemSeenMonoMs',
  'incarnation',
  'sequence',
  'explainsSince',
  'wellAt',
])
const QUIET_CONDITION: ReadonlySet<keyof NodeCondition> = new Set(['observed'])
const QUIET_MONITOR: ReadonlySet<keyof MonitorState> = new Set(['lastReport', 'runs', 'reports', 'acknowledged'])

function sameSource(before: SourceCondition, value: SourceCondition): boolean {
  return sameBut(before, value, QUIET_SOURCE) && sameBut(before.observation, value.observation, QUIET_OBSERVATION)
}

/** Where no run stands for a look, its time is news. */
function sameCondition(before: NodeCondition, value: NodeCondition): boolean {
  if (value.byLook === true && before.observed.getTime() !== value.observed.getTime()) return false
  return sameBut(before, value, QUIET_CONDITION)
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
  /** Monitors whose source of a condition was written here. */
  readonly #touched = new Map<string, string[]>()
  readonly #shadows: TallyOfTallies = new Map()
  readonly #open: Tally = new Map()
  #owners: ReadonlyMap<string, string> | undefined

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
    countShadow(this.#shadows, this.source(monitor, type, entity), -1)
    countShadow(this.#shadows, value, 1)
    this.#touch(monitor, type, entity, value)
  }

  #touch(monitor: string, type: string, entity: string, value: SourceCondition | undefined): void {
    const key = sourceKey(monitor, type, entity)
    if (!this.#sources.has(key)) {
      const condition = conditionKey(type, entity)
      const monitors = this.#touched.get(condition)
      if (monitors === undefined) this.#touched.set(condition, [monitor])
      else monitors.push(monitor)
    }
    this.#sources.set(key, { key: { monitor, type, entity }, value })
  }

  #countOpen(problem: Problem | undefined, by: number): void {
    if (problem !== undefined && problem.phase !== 'resolved') count(this.#open, problem.source, by)
  }

  deleteSource(monitor: string, type: string, entity: string): void {
    countShadow(this.#shadows, this.source(monitor, type, entity), -1)
    this.#touch(monitor, type, entity, undefined)
  }

  sourcesOf(type: string, entity: string): readonly SourceCondition[] {
    const names = new Set(this.#state.sourceMonitors.get(conditionKey(type, entity)))
    for (const name of this.#touched.get(conditionKey(type, entity)) ?? []) names.add(name)
    const ordered = names.size > 1 ? [...names].sort() : names
    const found: SourceCondition[] = []
    for (const name of ordered) {
      const value = this.source(name, type, entity)
      if (value !== undefined) found.push(value)
    }
    return found
  }

  sourcesBy(monitor: string): readonly SourceCondition[] {
    const found: SourceCondition[] = []
    for (const [key, value] of this.#state.sources)
      if (value.monitor === monitor && !this.#sources.has(key)) found.push(value)
    for (const { value } of this.#sources.values()) if (value?.monitor === monitor) found.push(value)
    return found
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
    this.#countOpen(this.problem(value.fingerprint), -1)
    this.#countOpen(value, 1)
    const before = this.#problems.get(value.fingerprint)
    this.#problems.set(value.fingerprint, { value, told: told || (before?.told ?? false) })
  }

  forgetProblem(fingerprint: string): void {
    this.#countOpen(this.problem(fingerprint), -1)
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
    for (const { checks } of this.declarations()) if (checks.some(isHeldByOthers)) return true
    return false
  }

  conditionType(type: string, monitor: string | undefined): ConditionType | undefined {
    const own = monitor === undefined ? undefined : this.declaration(monitor)?.conditionTypes.get(type)
    if (own !== undefined) return own
    const owner = this.ownerOf(type)
    // Of a type that is somebody's, nobody else's declaration counts, also while its owner has not declared it yet.
    if (owner !== undefined && owner !== SHARED) return this.declaration(owner)?.conditionTypes.get(type)
    let found: { name: string; type: ConditionType } | undefined
    for (const { name, conditionTypes } of this.declarations()) {
      const declared = conditionTypes.get(type)
      if (declared !== undefined && (found === undefined || name < found.name)) found = { name, type: declared }
    }
    return found?.type
  }

  ownerOf(type: string): string | undefined {
    return (this.#owners ?? this.#state.owners).get(type)
  }

  putOwners(owners: ReadonlyMap<string, string>): void {
    this.#owners = owners
  }

  shadows(check: string): readonly Shadow[] {
    const known = this.#state.shadows.get(check)
    const moved = this.#shadows.get(check)
    if (known === undefined && moved === undefined) return []
    const keys = new Set([...(known?.keys() ?? []), ...(moved?.keys() ?? [])])
    return [...keys]
      .filter((key) => (known?.get(key) ?? 0) + (moved?.get(key) ?? 0) > 0)
      .map(shadowOf)
      .filter(({ monitor, shade }) => shade !== 'pending' || this.monitor(monitor)?.health !== 'unreachable')
  }

  shadowsMoved(): boolean {
    if (this.#shadows.size > 0) return true
    const isLost = (monitor: MonitorState | undefined) => monitor?.health === 'unreachable'
    for (const [name, value] of this.#monitors)
      if (isLost(value) !== isLost(this.#state.monitors.get(name))) return true
    return false
  }

  openProblems(monitor: string): number {
    return (this.#state.open.get(monitor) ?? 0) + (this.#open.get(monitor) ?? 0)
  }

  resolvedProblems(): number {
    let resolved = this.#state.problems.size - this.openProblemsOf(() => true)
    for (const [key, { value }] of this.#problems) {
      if (value === undefined) resolved--
      else if (!this.#state.problems.has(key)) resolved++
    }
    return Math.max(0, resolved)
  }

  openProblemsOf(counts: (monitor: string) => boolean): number {
    let sum = 0
    for (const monitor of new Set([...this.#state.open.keys(), ...this.#open.keys()]))
      if (counts(monitor)) sum += this.openProblems(monitor)
    return sum
  }

  emit(event: NodeEvent): void {
    this.#events.push(event)
  }

  changes(): Change[] {
    const changes: Change[] = []
    if (this.#owners !== undefined) changes.push({ kind: 'owners', value: this.#owners })
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
      const quiet = before !== undefined && value !== undefined && sameCondition(before, value)
      changes.push({ kind: 'condition', type: name.type, entity: name.entity, value, quiet })
    }
  }

  #addMonitors(changes: Change[]): void {
    for (const [name, value] of this.#monitors) {
      const before = this.#state.monitors.get(name)
      if (before === value) continue
      const quiet = before !== undefined && value !== undefined && sameBut(before, value, QUIET_MONITOR)
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
