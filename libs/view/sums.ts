/** Problems that say what another says: a condition that is the sum of others, as `GPUHealthy` of all conditions of GPUs. Pure. */
import { isSumOf, type Summed } from '#model'
import type { ConditionView, ProblemView } from './types.ts'

function overlap(a: ProblemView, b: ProblemView): boolean {
  return a.opened <= (b.resolved ?? '\uffff') && b.opened <= (a.resolved ?? '\uffff')
}

/**
 * Names with each sum the problem that it is the sum of (`isSumOf`), of the same time. What is open is a sum of what is open alone.
 */
export function nameSums(
  problems: readonly ProblemView[],
  conditions: ReadonlyMap<string, ConditionView>,
): readonly ProblemView[] {
  const reasons = new Set(problems.map(({ reason }) => reason))
  const causes = problems.filter(({ type }) => reasons.has(type))
  if (causes.length === 0) return problems
  const byId = new Map([...conditions.values()].map((condition) => [condition.id, condition]))
  function summed({ type, reason, severity, condition }: ProblemView): Summed {
    const { polarity, sources = [] } = byId.get(condition) ?? {}
    return { type, reason, severity, polarity, sources }
  }
  return problems.map((sum) => {
    const cause = causes.find(
      (one) =>
        (sum.phase === 'resolved' || one.phase !== 'resolved') &&
        overlap(one, sum) &&
        isSumOf(summed(sum), summed(one)),
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
