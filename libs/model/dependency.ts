/**
 * `dependsOn`: while what a check depends on is not well, its problems say nothing about their own subject. That is so as soon
 * as something is seen there, before it lasted: who looks first is not to be blamed first. Something light holds back nothing
 * that is worse than it, or a link that is slow for good would hide that names are not resolved. A name is
 * that of a check or a monitor of this configuration; what a plug-in that nobody configured calls its checks concerns
 * nobody but itself.
 */
import type { Draft } from './draft.ts'
import { checkKey } from './keys.ts'
import { DETECTOR } from './problem.ts'
import { covers } from './shadow.ts'
import type { MonitorDeclaration } from './state.ts'
import type { Observation, Severity } from './types.ts'

interface Edges {
  /** What each check depends on. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>
  /** Which checks depend on each name. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
}

const edgesOfDeclaration = new WeakMap<MonitorDeclaration, Edges>()

/** A declaration's edges, looked up by either end; made once, since they are asked for at every report. */
function edgesOf(declaration: MonitorDeclaration): Edges {
  const known = edgesOfDeclaration.get(declaration)
  if (known !== undefined) return known
  const dependents = new Map<string, string[]>()
  for (const { check, dependsOn } of declaration.checks) {
    for (const name of dependsOn) dependents.set(name, [...(dependents.get(name) ?? []), check])
  }
  const dependencies = new Map(declaration.checks.map(({ check, dependsOn }) => [check, dependsOn]))
  const edges = { dependencies, dependents }
  edgesOfDeclaration.set(declaration, edges)
  return edges
}

/** Names of checks and monitors that this check depends on; [] for none. */
function dependenciesOf(draft: Draft, monitor: string, check: string): readonly string[] {
  const declaration = check === '' ? undefined : draft.declaration(monitor)
  return (declaration && edgesOf(declaration).dependencies.get(check)) ?? []
}

/** Whether what `monitor` says holds back checks of `dependent`. */
function concerns(draft: Draft, monitor: string, dependent: string): boolean {
  if (monitor === dependent || monitor === DETECTOR) return true
  return (draft.monitor(monitor)?.origin ?? 'discovered') !== 'discovered'
}

/** Whether a check has, or is about to have, a problem as grave as `severity`, or a monitor is unreachable. */
function isUnwell(draft: Draft, name: string, dependent: string, severity: Severity): boolean {
  if (draft.monitor(name)?.health === 'unreachable' && concerns(draft, name, dependent)) return true
  return draft.shadows(name).some((shadow) => covers(shadow, severity) && concerns(draft, shadow.monitor, dependent))
}

/** The dependency that keeps a problem of this observation from counting, if one does. */
export function blockingDependency(draft: Draft, monitor: string, observation: Observation): string | undefined {
  if (!draft.hasDependents()) return undefined
  const { check, severity } = observation
  const seen = new Set([check])
  return dependenciesOf(draft, monitor, check).find((name) => isExplained(draft, name, monitor, { severity, seen }))
}

interface Search {
  readonly severity: Severity
  /** Names that were looked at, since plug-ins may go in circles. */
  readonly seen: Set<string>
}

/** Whether a check is unwell, or one that it depends on itself, and so on along the chain: one that is held back says nothing. */
function isExplained(draft: Draft, name: string, dependent: string, search: Search): boolean {
  if (search.seen.has(name)) return false
  search.seen.add(name)
  if (isUnwell(draft, name, dependent, search.severity)) return true
  for (const declaration of draft.declarations()) {
    if (!concerns(draft, declaration.name, dependent)) continue
    const further = edgesOf(declaration).dependencies.get(name) ?? []
    if (further.some((one) => isExplained(draft, one, dependent, search))) return true
  }
  return false
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
