/**
 * Who alone may speak of a type may change while the node is watched: the configuration names a plug-in, or a check. What was
 * said stays said and began when it began; whoever may not say it any more falls silent.
 */
import type { Draft } from './draft.ts'
import { fingerprintOf, SHARED } from './keys.ts'
import { mergeCondition } from './merge.ts'
import { dropSource } from './monitor-life.ts'
import { isOpen, nextGeneration, ownerOf, resolveProblem } from './problem.ts'
import type { Problem, SourceKey } from './types.ts'

/** A source whose monitor may not speak of its type any more. */
export interface Silenced extends SourceKey {
  /** Who speaks of it where the type is nobody's alone. */
  readonly by?: string | undefined
}

function words(owner: string): string {
  return owner === SHARED ? 'its type is nobody’s alone any more' : `its type belongs to ${owner} now`
}

/** An open problem goes on under the identity that its type's new owner gives it. */
function moveProblem(draft: Draft, problem: Problem, owner: string): void {
  const fingerprint = fingerprintOf(owner, problem.type, problem.entity)
  const there = draft.problem(fingerprint)
  resolveProblem(draft, problem, 'source-removed', words(owner))
  if (isOpen(there)) return
  const generation = nextGeneration(draft, there)
  draft.putProblem({ ...problem, fingerprint, owner, generation, phase: 'opened', revision: 1 }, true)
}

/** Types have these owners from now on. A problem of an event belongs to who tells of it, whatever its type. */
export function changeOwners(draft: Draft, owners: ReadonlyMap<string, string>, silenced: readonly Silenced[]): void {
  for (const { monitor, type, entity, by } of silenced)
    dropSource(draft, monitor, type, entity, 'source-removed', words(owners.get(type) ?? by ?? SHARED))
  draft.putOwners(owners)
  for (const problem of draft.allProblems()) {
    const owner = ownerOf(draft, problem.type)
    if (!isOpen(problem) || problem.fromEvent || problem.owner === owner) continue
    moveProblem(draft, problem, owner)
    mergeCondition(draft, problem.type, problem.entity)
  }
}
