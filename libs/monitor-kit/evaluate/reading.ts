/** What was observed, or why nothing was. */
import type { Finding } from '../types.ts'

/** Why nothing could be observed. */
export interface Unobserved {
  readonly ok: false
  /** CamelCase. */
  readonly reason: string
  /** What was tried, what happened, what to do. */
  readonly message: string
}

/** A value that was read, or why it could not be. */
export type Reading<T> = { readonly ok: true; readonly value: T } | Unobserved

/** The reading of a value that is there. */
export function observed<T>(value: T): Reading<T> {
  return { ok: true, value }
}

/** The reading of a value that could not be had. @param reason CamelCase @param message what was tried, what happened, what to do */
export function unobserved(reason: string, message: string): Unobserved {
  return { ok: false, reason, message }
}

/** The finding of what could not be observed: unknown, with the reason. */
export function unknownFinding(type: string, why: Unobserved, entity = ''): Finding {
  return { type, entity, health: 'unknown', reason: why.reason, message: why.message }
}
