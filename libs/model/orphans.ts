/** What nobody can ever speak of again ends: its monitor is gone for good, or no check of it is left. */
import type { Draft } from './draft.ts'
import { SHARED } from './keys.ts'
import { dropSource } from './monitor-life.ts'
import { DETECTOR, isOpen, ownerOf, resolveProblem } from './problem.ts'
import type { Problem } from './types.ts'

/** A plug-in that nobody configured is taken for uninstalled after this long. */
export const FORGET_AFTER_MS = 3_600_000
/** What was restored waits this long for the one who speaks of it. */
const GRACE_MS = 60_000

const WHY = 'nobody speaks of it any more'

function endSources(draft: Draft): void {
  for (const { monitor, observation } of [...draft.allSources()]) {
    const { type, entity } = observation
    const about = monitor === DETECTOR && type === 'MonitorUnreachable' ? entity.replace(/^monitor:/, '') : monitor
    if (about === DETECTOR || draft.monitor(about) !== undefined) continue
    dropSource(draft, monitor, type, entity, 'source-removed', 'its monitor is not known here any more')
  }
}

/** How long a problem that no source speaks of waits for one; undefined: it has one to wait for as long as it takes. */
function waitsMs(draft: Draft, problem: Problem, forgetAfterMs: number): number | undefined {
  const { owner, type, check, fromEvent } = problem
  if (owner === DETECTOR) return fromEvent ? undefined : GRACE_MS
  if (owner === SHARED) return forgetAfterMs
  const monitor = draft.monitor(owner)
  if (monitor === undefined) return fromEvent ? forgetAfterMs : GRACE_MS
  const declaration = draft.declaration(owner)
  if (declaration === undefined || declaration.protocol === '') return undefined
  const hasCheck = declaration.checks.length === 0 || declaration.checks.some((one) => one.check === check)
  // Of which check an event was may be unsaid; as long as one could tell it again, its absence is what ends it.
  if (fromEvent) return hasCheck || check === '' ? undefined : 0
  if (declaration.open) return forgetAfterMs
  const isDeclared = declaration.conditionTypes.has(type) && hasCheck
  return isDeclared ? undefined : 0
}

/** Whether a source speaks of it: one of a type that was given to another owner since speaks of that one's problem. */
function isSpokenOf(draft: Draft, { fromEvent, owner, type, entity }: Problem): boolean {
  return !fromEvent && owner === ownerOf(draft, type) && draft.sourcesOf(type, entity).length > 0
}

export function endOrphans(draft: Draft, forgetAfterMs: number): void {
  endSources(draft)
  for (const problem of draft.allProblems()) {
    if (!isOpen(problem)) continue
    if (isSpokenOf(draft, problem)) continue
    const ms = waitsMs(draft, problem, forgetAfterMs)
    if (ms !== undefined && draft.now.monoMs - problem.lastSeenMonoMs >= ms)
      resolveProblem(draft, problem, 'source-removed', WHY)
  }
}
