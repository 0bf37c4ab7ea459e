/** What comes of a query of all GPUs. */
import type { SmiFailure } from './failure.ts'
import type { GpuRows } from './rows.ts'
import type { SmiAnswer } from './smi.ts'

/** One for which nvidia-smi gave up, so that the others had to be asked by themselves. */
export interface LostGpu {
  readonly place: string
  /** What it said. */
  readonly said: string
}

/** What came of it. */
export type QueryAnswer =
  | { readonly kind: 'rows'; readonly answer: GpuRows; readonly tookMs: number; readonly lost?: readonly LostGpu[] }
  /** It ended without an answer, and said why. */
  | {
      readonly kind: 'failed'
      readonly failure: SmiFailure
      readonly said: string
      readonly tookMs: number
      /** Those for which it gave up, where no other is left that answers. */
      readonly lost?: readonly LostGpu[]
    }
  /** What it printed is no answer to what was asked. */
  | { readonly kind: 'garbled'; readonly said: string; readonly tookMs: number }
  | Exclude<SmiAnswer, { readonly kind: 'ended' }>
