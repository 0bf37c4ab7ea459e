/**
 * `dependsOn` and `explainedBy`: while what a check depends on is not well, its problems say nothing about their own subject. That
 * is so as soon as something is seen there, before it lasted: who looks first is not to be blamed first. Of `dependsOn`, which
 * somebody wrote, everything counts that is as grave; something lighter holds nothing back. Of `explainedBy`, which nobody had to
 * write, only what is critical: a link that is slow for good, or one of two gateways, does not explain that names are not
 * resolved. A name is that of a check or a monitor of this configuration; what a plug-in that nobody configured calls its checks
 * concerns nobody but itself.
 */
import type { Draft } from './draft.ts'
import { checkKey } from './keys.ts'
import { DETECTOR } from './problem.ts'
import { isAsGrave } from './shadow.ts'
import { type DeclaredCheck, isHeldByOthers, type MonitorDeclaration } from './state.ts'
import type { Observation, Severity } from './types.ts'

interface Edges {
  /** The checks, by name. */
  readonly checks: ReadonlyMap<string, DeclaredCheck>
  /** Which checks each name holds back. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
}

const edgesOfDeclaration = new WeakMap<MonitorDeclaration, Edges>()

/** A declaration's edges, looked up by either end; made once, since they are asked for at every report. */
function edgesOf(declaration: MonitorDeclaration): Edges {
  const known = edgesOfDeclaration.get(declaration)
  if (known !== undefined) return known
  const dependents = new Map<string, string[]>()
  for (const { check, dependsOn, explainedBy = [] } of declaration.checks) {
    for (const name of new Set([...dependsOn, ...explainedBy]))
      dependents.set(name, [...(dependents.get(name) ?? []), check])
  }
  const edges = { checks: new Map(declaration.checks.map((check) => [check.check, check])), dependents }
  edgesOfDeclaration.set(declaration, edges)
  return edges
}

/** Whether what `monitor` says holds back checks of `dependent`. */
function concerns(draft: Draft, monitor: string, dependent: string): boolean {
  if (monitor === dependent || monitor === DETECTOR) return true
  return (draft.monitor(monitor)?.origin ?? 'discovered') !== 'discovered'
}

interface Search {
  readonly draft: Draft
  /** The monitor of the check that is asked about. */
  readonly dependent: string
  /** Declarations whose checks concern it. */
  readonly around: readonly MonitorDeclaration[]
  /** Names that were looked at for each severity, since plug-ins may go in circles. */
  readonly seen: Set<string>
}

/** So many names are looked at for one problem: chains of a node have four links, and a plug-in may declare any number. */
const STEPS_MAX = 200

/** Whether a check has, or is about to have, a problem as grave as `severity`, or a monitor is unreachable. */
function isUnwell({ draft, dependent }: Search, name: string, severity: Severity): boolean {
  if (draft.monitor(name)?.health === 'unreachable' && concerns(draft, name, dependent)) return true
  return draft.shadows(name).some((shadow) => isAsGrave(shadow, severity) && concerns(draft, shadow.monitor, dependent))
}

/** The first of what a check depends on that is unwell, or that is held back itself: then it says nothing. */
function holding(
  search: Search,
  { dependsOn, explainedBy = [] }: DeclaredCheck,
  severity: Severity,
): string | undefined {
  return (
    dependsOn.find((name) => isHeld(search, name, severity)) ??
    explainedBy.find((name) => isHeld(search, name, 'critical'))
  )
}

function isHeld(search: Search, name: string, severity: Severity): boolean {
  const { around, seen } = search
  const step = `${severity} ${name}`
  if (seen.has(step) || seen.size >= STEPS_MAX) return false
  seen.add(step)
  if (isUnwell(search, name, severity)) return true
  for (const declaration of around) {
    const check = edgesOf(declaration).checks.get(name)
    if (check !== undefined && holding(search, check, severity) !== undefined) return true
  }
  return false
}

/** The dependency that keeps a problem of this observation from counting, if one does; what is no problem is not held back. */
export function blockingDependency(draft: Draft, monitor: string, observation: Observation): string | undefined {
  const { check: name, health, pending, severity } = observation
  if (health !== 'problem' || pending || name === '' || !draft.hasDependents()) return undefined
  const declaration = draft.declaration(monitor)
  const check = declaration && edgesOf(declaration).checks.get(name)
  if (check === undefined || !isHeldByOthers(check)) return undefined
  const around = [...draft.declarations()].filter((one) => concerns(draft, one.name, monitor))
  return holding({ draft, dependent: monitor, around, seen: new Set() }, check, severity)
}

/** A check of a monitor. */
export interface CheckOf {
  readonly monitor: string
  readonly check: string
}

/** Checks that depend directly on what `monitor` calls `name`. */
function dependentsOf(draft: Draft, { monitor, check: name }: CheckOf): CheckOf[] {
  const found: CheckOf[] = []
  for (const declaration of draft.declarations()) {
    if (!concerns(draft, monitor, declaration.name)) continue
    for (const check of edgesOf(declaration).dependents.get(name) ?? [])
      found.push({ monitor: declaration.name, check })
  }
  return found
}

/** Every check that depends on one of these, near ones first (there are no circles worth following twice). */
export function allDependentsOf(draft: Draft, changed: readonly CheckOf[]): CheckOf[] {
  const seen = new Set(changed.map(({ monitor, check }) => checkKey(monitor, check)))
  const found: CheckOf[] = []
  for (let near: readonly CheckOf[] = changed; near.length > 0; ) {
    const next: CheckOf[] = []
    for (const dependent of near.flatMap((one) => dependentsOf(draft, one))) {
      const key = checkKey(dependent.monitor, dependent.check)
      if (seen.has(key)) continue
      seen.add(key)
      next.push(dependent)
    }
    found.push(...next)
    near = next
  }
  return found
}
