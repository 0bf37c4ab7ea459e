/** `dependsOn`: while what a check depends on is not well, its problems say nothing about their own subject. */
import type { Draft } from './draft.ts'

/** Names of checks and monitors that this check depends on; [] for none. */
function dependenciesOf(draft: Draft, monitor: string, check: string): readonly string[] {
  if (check === '') return []
  return draft.declaration(monitor)?.checks.find((declared) => declared.check === check)?.dependsOn ?? []
}

/** A check has a problem while one of its conditions is raised; a monitor while it is unreachable. */
function isUnwell(draft: Draft, name: string): boolean {
  if (draft.monitor(name)?.health === 'unreachable') return true
  for (const source of draft.allSources()) {
    if (source.observation.check === name && source.raised !== undefined) return true
  }
  return false
}

/** The dependency that keeps this check's problems from counting, if one does. */
export function blockingDependency(draft: Draft, monitor: string, check: string): string | undefined {
  if (!draft.hasDependents()) return undefined
  return dependenciesOf(draft, monitor, check).find((name) => isUnwell(draft, name))
}

/** Checks that depend on `name` directly, as (monitor, check). */
export function dependentsOf(draft: Draft, name: string): { monitor: string; check: string }[] {
  const found: { monitor: string; check: string }[] = []
  for (const { name: monitor, checks } of draft.declarations()) {
    for (const { check, dependsOn } of checks) if (dependsOn.includes(name)) found.push({ monitor, check })
  }
  return found
}
