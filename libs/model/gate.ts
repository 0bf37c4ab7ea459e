/**
 * `dependsOn`: while what a check depends on is not well, its problems say nothing about their own subject. A name is
 * that of a check or a monitor of this configuration; what a plug-in that nobody configured calls its checks concerns
 * nobody but itself.
 */
import type { Draft } from './draft.ts'
import { DETECTOR } from './problem.ts'

/** Names of checks and monitors that this check depends on; [] for none. */
function dependenciesOf(draft: Draft, monitor: string, check: string): readonly string[] {
  if (check === '') return []
  return draft.declaration(monitor)?.checks.find((declared) => declared.check === check)?.dependsOn ?? []
}

/** Whether what `monitor` says holds back checks of `dependent`. */
function concerns(draft: Draft, monitor: string, dependent: string): boolean {
  if (monitor === dependent || monitor === DETECTOR) return true
  return (draft.monitor(monitor)?.origin ?? 'discovered') !== 'discovered'
}

/** A check has a problem while one of its conditions is raised; a monitor while it is unreachable. */
function isUnwell(draft: Draft, name: string, dependent: string): boolean {
  if (draft.monitor(name)?.health === 'unreachable' && concerns(draft, name, dependent)) return true
  return draft.raised().some(({ monitor, check }) => check === name && concerns(draft, monitor, dependent))
}

/** The dependency that keeps this check's problems from counting, if one does. */
export function blockingDependency(draft: Draft, monitor: string, check: string): string | undefined {
  if (!draft.hasDependents()) return undefined
  const names = dependenciesOf(draft, monitor, check)
  return names.length === 0 ? undefined : names.find((name) => isUnwell(draft, name, monitor))
}

/** Checks that depend directly on what `monitor` calls `name`, as (monitor, check). */
export function dependentsOf(draft: Draft, monitor: string, name: string): { monitor: string; check: string }[] {
  const found: { monitor: string; check: string }[] = []
  for (const { name: dependent, checks } of draft.declarations()) {
    if (!concerns(draft, monitor, dependent)) continue
    for (const { check, dependsOn } of checks) if (dependsOn.includes(name)) found.push({ monitor: dependent, check })
  }
  return found
}
