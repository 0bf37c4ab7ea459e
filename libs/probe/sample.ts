/** Whether a measurement says something of the one who was asked. */
import type { Sample } from './types.ts'

/** A sample that is later than this part of its limit is not held against it. */
const LATE_SHARE = 5

/**
 * Whether a sample may be held against a limit: the prober's own lateness is small beside it. One that is within the limit all the
 * same is well.
 * @param limitMs from which on the one who was asked is slow
 */
export function isJudged({ ms, lateMs }: Sample, limitMs: number): boolean {
  return ms < limitMs || lateMs <= limitMs / LATE_SHARE
}
