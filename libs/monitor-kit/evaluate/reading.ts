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

export type Reading<T> = { readonly ok: true; readonly value: T } | Unobserved

export function observed<T>(value: T): Reading<T> {
  return { ok: true, value }
}

export function unobserved(reason: string, message: string): Unobserved {
  return { ok: false, reason, message }
}

/** The finding of what could not be observed: unknown, with the reason. */
export function unknownFinding(type: string, why: Unobserved, entity = ''): Finding {
  return { type, entity, health: 'unknown', reason: why.reason, message: why.message }
}
