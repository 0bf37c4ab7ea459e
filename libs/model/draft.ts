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
  /** What is declared of a type: by this monitor, or by whoever declares it first in the order of names. */
  conditionType(type: string, monitor: string | undefined): ConditionType | undefined
  emit(event: NodeEvent): void
  changes(): Change[]
}

function sameApartFrom<T extends object>(a: T, b: T, moving: ReadonlySet<string>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) {
    if (moving.has(key)) continue
    if (!sameValue(a[key as keyof T], b[key as keyof T])) return false
  }
  return true
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  return sameApartFrom(a as Record<string, unknown>, b as Record<string, unknown>, NOTHING)
}

const NOTHING: ReadonlySet<string> = new Set()
/** A source says nothing new when only the time of its proof and its counters moved. */
function sameSource(before: SourceCondition, value: SourceCondition): boolean {
  if (!sameApartFrom(before, value, MOVING_SOURCE)) return false
  return sameApartFrom(before.observation, value.observation, MOVING_CONDITION)
}

/** Moves at every check without saying anything new; exporters have it from the check's last run. */
const MOVING_SOURCE: ReadonlySet<string> = new Set([
  'observed',
  'healthyStreak',
  'problemSeenMonoMs',
  'incarnation',
  'sequence',
])
const MOVING_CONDITION: ReadonlySet<string> = new Set(['observed'])
const MOVING_MONITOR: ReadonlySet<string> = new Set(['lastReport', 'runs', 'acknowledged', 'reports'])

export function createDraft(state: NodeState, now: Instant): Draft {
  const sources = new Map<string, Touched<SourceCondition, { monitor: string; type: string; entity: string }>>()
  const conditions = new Map<string, Touched<NodeCondition, { type: string; entity: string }>>()
  const problems = new Map<string, { value: Problem | undefined; told: boolean }>()
  const monitors = new Map<string, MonitorState | undefined>()
  const declarations = new Map<string, MonitorDeclaration | undefined>()
  const events: NodeEvent[] = []

  function source(monitor: string, type: string, entity: string): SourceCondition | undefined {
    const key = sourceKey(monitor, type, entity)
    const touched = sources.get(key)
    return touched ? touched.value : state.sources.get(key)
  }
  function touchSource(monitor: string, type: string, entity: string, value: SourceCondition | undefined): void {
    sources.set(sourceKey(monitor, type, entity), { key: { monitor, type, entity }, value })
  }
  function* allSources(): Iterable<SourceCondition> {
    for (const [key, value] of state.sources) if (!sources.has(key)) yield value
    for (const { value } of sources.values()) if (value !== undefined) yield value
  }
  function declaration(name: string): MonitorDeclaration | undefined {
    return declarations.has(name) ? declarations.get(name) : state.declarations.get(name)
  }
  function* allDeclarations(): Iterable<MonitorDeclaration> {
    for (const [name, value] of state.declarations) if (!declarations.has(name)) yield value
    for (const value of declarations.values()) if (value !== undefined) yield value
  }
  function condition(type: string, entity: string): NodeCondition | undefined {
    const key = conditionKey(type, entity)
    const touched = conditions.get(key)
    return touched ? touched.value : state.conditions.get(key)
  }
  function problem(fingerprint: string): Problem | undefined {
    const touched = problems.get(fingerprint)
    return touched ? touched.value : state.problems.get(fingerprint)
  }

  return {
    now,
    source,
    putSource: (value) => touchSource(value.monitor, value.observation.type, value.observation.entity, value),
    deleteSource: (monitor, type, entity) => touchSource(monitor, type, entity, undefined),
    sourcesOf(type, entity) {
      const names = new Set(state.sourceMonitors.get(conditionKey(type, entity)))
      for (const { key } of sources.values()) if (key.type === type && key.entity === entity) names.add(key.monitor)
      const found: SourceCondition[] = []
      for (const name of [...names].sort()) {
        const value = source(name, type, entity)
        if (value !== undefined) found.push(value)
      }
      return found
    },
    sourcesBy: (monitor) => [...allSources()].filter((value) => value.monitor === monitor),
    allSources,
    condition,
    putCondition: (value) => {
      conditions.set(conditionKey(value.type, value.entity), { key: value, value })
    },
    deleteCondition: (type, entity) => {
      conditions.set(conditionKey(type, entity), { key: { type, entity }, value: undefined })
    },
    problem,
    putProblem: (value, told) => {
      const before = problems.get(value.fingerprint)
      problems.set(value.fingerprint, { value, told: told || (before?.told ?? false) })
    },
    forgetProblem: (fingerprint) => {
      problems.set(fingerprint, { value: undefined, told: false })
    },
    allProblems() {
      const all: Problem[] = []
      for (const [key, value] of state.problems) if (!problems.has(key)) all.push(value)
      for (const { value } of problems.values()) if (value !== undefined) all.push(value)
      return all
    },
    monitor: (name) => (monitors.has(name) ? monitors.get(name) : state.monitors.get(name)),
    putMonitor: (value) => {
      monitors.set(value.name, value)
    },
    deleteMonitor: (name) => {
      monitors.set(name, undefined)
    },
    declaration,
    putDeclaration: (value) => {
      declarations.set(value.name, value)
    },
    deleteDeclaration: (name) => {
      declarations.set(name, undefined)
    },
    declarations: allDeclarations,
    conditionType(type, monitor) {
      const own = monitor === undefined ? undefined : declaration(monitor)?.conditionTypes.get(type)
      if (own !== undefined) return own
      let found: { name: string; type: ConditionType } | undefined
      for (const { name, conditionTypes } of allDeclarations()) {
        const declared = conditionTypes.get(type)
        if (declared !== undefined && (found === undefined || name < found.name)) found = { name, type: declared }
      }
      return found?.type
    },
    emit: (event) => {
      events.push(event)
    },
    changes() {
      const changes: Change[] = []
      for (const [name, value] of declarations) {
        if (state.declarations.get(name) !== value) changes.push({ kind: 'declaration', name, value })
      }
      for (const [key, { key: name, value }] of sources) {
        const before = state.sources.get(key)
        if (before === undefined && value === undefined) continue
        if (before !== undefined && value !== undefined && sameValue(before, value)) continue
        const quiet = before !== undefined && value !== undefined && sameSource(before, value)
        changes.push({ kind: 'source', monitor: name.monitor, type: name.type, entity: name.entity, value, quiet })
      }
      for (const [key, { key: name, value }] of conditions) {
        const before = state.conditions.get(key)
        if (before === undefined && value === undefined) continue
        if (before !== undefined && value !== undefined && sameValue(before, value)) continue
        const quiet = before !== undefined && value !== undefined && sameApartFrom(before, value, MOVING_CONDITION)
        changes.push({ kind: 'condition', type: name.type, entity: name.entity, value, quiet })
      }
      for (const [name, value] of monitors) {
        const before = state.monitors.get(name)
        if (before === undefined && value === undefined) continue
        const quiet = before !== undefined && value !== undefined && sameApartFrom(before, value, MOVING_MONITOR)
        changes.push({ kind: 'monitor', name, value, quiet })
      }
      for (const [fingerprint, { value, told }] of problems) {
        const before = state.problems.get(fingerprint)
        if (value === undefined) {
          if (before !== undefined) changes.push({ kind: 'problem-forgotten', fingerprint })
        } else if (before === undefined || told || !sameValue(before, value))
          changes.push({ kind: 'problem', value, told })
      }
      for (const value of events) changes.push({ kind: 'event', value })
      return changes
    },
  }
}
