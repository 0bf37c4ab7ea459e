/**
 * Whether a monitor is only polled: CheckHealth is asked again and again, nobody watches, and whoever acknowledged is gone. Then an
 * answer takes what was told, and no follower waits.
 */
import type { Clock } from '#clock'

/** Who acknowledged and has not for so long, while others asked all the time, is gone for good. */
export const GONE_MS = 600_000
/** Who asks again later than this has not asked all the time, and who has not asked since polls no longer. */
const GAP_MS = 300_000

/** Who is there. */
export interface PolledOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly isWatched: () => boolean
  /** How often somebody has acknowledged. */
  readonly acknowledgements: () => number
}

/** Who asks. */
export interface Polled {
  /** CheckHealth was asked. */
  asked(): void
  readonly isPolled: boolean
  /** The next answer may be all that anybody hears of what happened: it is asked with nobody beside, or nobody has acknowledged yet. */
  readonly mayTake: boolean
}

export function createPolled({ clock, isWatched, acknowledgements }: PolledOptions): Polled {
  /** Since when it was asked all the time, with nobody beside who takes what is told; undefined: it is not. */
  let sinceMs: number | undefined
  let lastMs = 0
  let known = 0

  /** Since when it is asked alone, and still is; undefined: it is not. */
  function askedSince(): number | undefined {
    return isWatched() || clock.monotonicMs() - lastMs > GAP_MS ? undefined : sinceMs
  }

  return {
    asked() {
      const nowMs = clock.monotonicMs()
      const isAlone = !isWatched() && acknowledgements() === known
      if (!isAlone || nowMs - lastMs > GAP_MS) sinceMs = undefined
      known = acknowledgements()
      lastMs = nowMs
      if (!isWatched()) sinceMs ??= nowMs
    },
    get isPolled() {
      const askedMs = askedSince()
      if (askedMs === undefined) return false
      return acknowledgements() === 0 || (acknowledgements() === known && lastMs - askedMs >= GONE_MS)
    },
    get mayTake() {
      return acknowledgements() === 0 || askedSince() !== undefined
    },
  }
}
