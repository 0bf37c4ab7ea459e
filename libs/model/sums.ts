/** Conditions that say what another says, as `GPUHealthy` says what the conditions of GPUs say. Pure. */
import { compareSeverity } from './severity.ts'
import type { Polarity, Severity } from './types.ts'

/** A problem, as whether it is a sum is seen. */
export interface Summed {
  readonly type: string
  readonly reason: string
  readonly severity: Severity
  /** undefined: nobody knows its condition any more. */
  readonly polarity: Polarity | undefined
  readonly sources: readonly string[]
}

/**
 * Whether one problem is the sum of another. A sum is a condition whose status True says that all is well, and whose reason is the type of
 * another problem, at least as grave, that is no sum itself and that all of its own sources tell.
 */
export function isSumOf(sum: Summed, cause: Summed): boolean {
  return (
    sum.polarity === 'true-is-healthy' &&
    cause.polarity !== 'true-is-healthy' &&
    sum.reason === cause.type &&
    sum.reason !== sum.type &&
    compareSeverity(cause.severity, sum.severity) >= 0 &&
    sum.sources.length > 0 &&
    sum.sources.every((source) => cause.sources.includes(source))
  )
}
