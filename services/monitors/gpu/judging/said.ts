/** What one numbered check says of one GPU, or of the node, in one look. Pure. */
import type { Action, Evidence, Severity } from '#model'
import type { SmiValue } from '../smi/values.ts'

/** It found something. */
export interface Bad {
  readonly id: string
  readonly level: 'bad'
  readonly severity: Exclude<Severity, 'info'>
  readonly reason: string
  readonly message: string
  /** Headline without the GPU's name. */
  readonly summary: string
  readonly action?: Action | undefined
  /** Looks in a row before it counts. Default 1. */
  readonly needed?: number
  /** Looks in a row by its own count. Default: those in which it was bad. */
  readonly looks?: number
  readonly evidence?: Evidence | undefined
}

/** Its word. Where a card, a driver or a mode has no such thing it says nothing at all. */
export type Said =
  | Bad
  | {
      readonly id: string
      readonly level: 'ok'
      /** Default: that of its condition. */
      readonly reason?: string
      readonly message: string
      readonly evidence?: Evidence | undefined
    }
  /** It found something that has not lasted long enough to count. */
  | { readonly id: string; readonly level: 'waiting'; readonly reason: string; readonly message: string }
  /** It could not be seen, though it is there. */
  | { readonly id: string; readonly level: 'unknown'; readonly reason: string; readonly message: string }

/** That a value has failed, which is neither well nor ill; undefined: it has not. */
export function failedIn(id: string, field: string, value: SmiValue): Said | undefined {
  if (value.kind !== 'failed') return undefined
  return {
    id,
    level: 'unknown',
    reason: 'ValueFailed',
    message: `nvidia-smi says ${JSON.stringify(value.text)} of ${field}`,
  }
}
