/** The fleet's lease asked for again before what disturbs: at each step, and between them where it was not for a while, or the machine slept. */
import type { Clock } from '#clock'
import type { LeaseKeeper } from '../cluster/lease-desk.ts'

/** One that was confirmed so lately is this node's still, unless the machine slept meanwhile. */
const FRESH_MS = 10_000
/** The two clocks are read one after another. */
const SLEPT_MS = 1_000

/** Why it is not this node's any more; "": it is. */
export interface Confirming {
  now(): Promise<string>
  /** The same, asked for where that was not done lately. Those who ask at once share one answer. */
  lately(): Promise<string>
}

/** @param suspendedMs how long the machine has slept */
export function createConfirming(
  { confirm }: Pick<LeaseKeeper, 'confirm'>,
  { monotonicMs }: Pick<Clock, 'monotonicMs'>,
  suspendedMs: () => number,
): Confirming {
  let last: { readonly atMs: number; readonly sleptMs: number } | undefined
  let asking: Promise<string> | undefined

  async function ask(): Promise<string> {
    const asked = { atMs: monotonicMs(), sleptMs: suspendedMs() }
    const why = await confirm()
    last = why === '' ? asked : undefined
    return why
  }

  return {
    now: ask,
    async lately() {
      const isFresh =
        last !== undefined && monotonicMs() - last.atMs < FRESH_MS && suspendedMs() - last.sleptMs < SLEPT_MS
      if (isFresh) return ''
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
  }
}
