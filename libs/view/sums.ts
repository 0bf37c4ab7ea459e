/** Problems that say what another says: a condition that is the sum of others, as `GPUHealthy` of all conditions of GPUs. Pure. */
import { compareSeverity } from '#model'
import type { ConditionView, ProblemView } from './types.ts'

function overlap(a: ProblemView, b: ProblemView): boolean {
  return a.opened <= (b.resolved ?? '\uffff') && b.opened <= (a.resolved ?? '\uffff')
}

/**
 * Names with each sum the problem that it is the sum of. A sum is a condition whose status True says that all is well, and whose
 * reason is the type of another problem, of the same time, at least as grave, that is no sum itself and that all of its own sources tell.
 * What is open is a sum of what is open alone.
 */
export function nameSums(
  problems: readonly ProblemView[],
  conditions: ReadonlyMap<string, ConditionView>,
): readonly ProblemView[] {
  const reasons = new Set(problems.map(({ reason }) => reason))
  const causes = problems.filter(({ type }) => reasons.has(type))
  if (causes.length === 0) return problems
  const byId = new Map([...conditions.values()].map((condition) => [condition.id, condition]))
  const sourcesOf = ({ condition }: ProblemView) => byId.get(condition)?.sources ?? []
  return problems.map((sum) => {
    if (byId.get(sum.condition)?.polarity !== 'true-is-healthy' || sum.reason === sum.type) return sum
    const sources = sourcesOf(sum)
    const cause = causes.find(
      (one) =>
        one.type === sum.reason &&
        byId.get(one.condition)?.polarity !== 'true-is-healthy' &&
        (sum.phase === 'resolved' || one.phase !== 'resolved') &&
        compareSeverity(one.severity, sum.severity) >= 0 &&
        overlap(one, sum) &&
        sources.length > 0 &&
        sources.every((source) => sourcesOf(one).includes(source)),
    )
    return cause === undefined ? sum : { ...sum, sumOf: cause.fingerprint }
  })
}

/** Those that are counted and listed: one trouble is one problem. */
export function withoutSums(problems: readonly ProblemView[]): readonly ProblemView[] {
  return problems.some(({ sumOf }) => sumOf !== undefined)
    ? problems.filter(({ sumOf }) => sumOf === undefined)
    : problems
}
