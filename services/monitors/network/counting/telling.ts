/** How often is told that something goes on: at once, and then seldom, with all that came between. Pure. */

/** So long after it was told that it goes on it is not told again. */
const QUIET_MS = 600_000

/** What is known of what was told of one counter. */
export interface Telling {
  /** Grown since it was told last. */
  readonly untold: number
  /** undefined: not told yet. */
  readonly toldMonoMs: number | undefined
}

/** Before anything was told. */
export const NOTHING_TOLD: Telling = { untold: 0, toldMonoMs: undefined }

/**
 * Takes what a counter grew by since the last look.
 * @param grown undefined: not known (the first look, or a counter that was reset)
 * @returns told: how much is to be told now; 0: nothing
 */
export function tellGrowth(
  before: Telling,
  grown: number | undefined,
  monoMs: number,
): { readonly telling: Telling; readonly told: number } {
  const untold = before.untold + (grown ?? 0)
  const isQuiet = before.toldMonoMs !== undefined && monoMs - before.toldMonoMs < QUIET_MS
  if (untold === 0 || isQuiet) return { telling: { ...before, untold }, told: 0 }
  return { telling: { untold: 0, toldMonoMs: monoMs }, told: untold }
}
