/** What one look saw of a part, and what that amounts to once it lasts. Pure. */

import type { Finding } from '#monitor-kit'
import { duration, extendStreak, NO_STREAK, type Streak, unknownFinding } from '#monitor-kit/evaluate'
import type { Sample } from '#probe'

/**
 * What one look saw:
 * - `well`, `sick`
 * - `unknown`: nothing could be seen
 * - `late`: this process was late itself, so that nobody is to be accused
 */
export type Seen =
  | { readonly kind: 'well'; readonly message: string; readonly reason?: string }
  | {
      readonly kind: 'sick'
      readonly reason: string
      readonly message: string
      readonly summary: string
      /** Default "critical". */
      readonly severity?: 'warning' | 'critical'
      readonly action?: Finding['action']
    }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }
  | { readonly kind: 'late'; readonly message: string }

/** How often in a row a part was seen sick, and how often nobody could be judged. */
export interface Lasting {
  readonly sick: Streak
  readonly late: number
}

/** Before the first look, and after a person's word. */
export const NOT_SEEN: Lasting = { sick: NO_STREAK, late: 0 }

/** So many rounds in a row in which this process was late: then it is not known how the others are. */
const LATE_ROUNDS = 3

/** Nobody is accused by a sample of which this process itself had a part. */
export function lateSeen(what: string, { ms, lateMs }: Sample): Seen {
  return {
    kind: 'late',
    message: `${what} took ${duration(ms)}, of which this process had no processor, or was at work, for ${duration(lateMs)}: nobody is judged by that`,
  }
}

/** What it is called, and when it counts. */
export interface LastingOptions {
  readonly type: string
  readonly entity?: string
  readonly healthyReason: string
  /** Checks in a row that have to see it sick, 1 or more. */
  readonly needed: number
}

function lateFinding({ type, entity = '' }: LastingOptions, rounds: number, message: string): Finding {
  const reason = 'ProberLate'
  if (rounds >= LATE_ROUNDS) return unknownFinding(type, { ok: false, reason, message }, entity)
  return { type, entity, health: 'healthy', pending: true, reason, message }
}

/** The finding of what was seen, with what was seen before. */
export function judgeLasting(
  seen: Seen,
  before: Lasting,
  options: LastingOptions,
): { readonly memory: Lasting; readonly finding: Finding } {
  const { type, entity = '', healthyReason, needed } = options
  if (seen.kind === 'late') {
    const late = before.late + 1
    return { memory: { ...before, late }, finding: lateFinding(options, late, seen.message) }
  }
  if (seen.kind === 'unknown')
    return { memory: NOT_SEEN, finding: unknownFinding(type, { ok: false, ...seen }, entity) }
  if (seen.kind === 'well') {
    const { message, reason = healthyReason } = seen
    return { memory: NOT_SEEN, finding: { type, entity, health: 'healthy', reason, message } }
  }
  const sick = extendStreak(before.sick, 'critical')
  const memory: Lasting = { sick, late: 0 }
  const { reason, message, summary, severity = 'critical', action } = seen
  if (sick.critical < needed) {
    const text = `${message} (seen in ${sick.critical} of ${needed} checks in a row)`
    return {
      memory,
      finding: { type, entity, health: 'healthy', pending: true, reason: 'NotSustainedYet', message: text },
    }
  }
  return { memory, finding: { type, entity, health: 'problem', severity, reason, message, summary, action } }
}
