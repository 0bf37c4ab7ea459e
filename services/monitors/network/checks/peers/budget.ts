/** How often the API servers are asked: so many nodes ask them that each may ask a few times an hour. */
import type { Clock } from '#clock'

const HOUR_MS = 3_600_000

/** Requests that are left. */
export interface Budget {
  /** Whether there is one more; it is counted then. */
  take(): boolean
}

/** @param perHour in any hour, not only from one full hour to the next */
export function createBudget(clock: Clock, perHour: number): Budget {
  let taken: readonly number[] = []
  return {
    take() {
      const now = clock.monotonicMs()
      taken = taken.filter((atMs) => now - atMs < HOUR_MS)
      if (taken.length >= perHour) return false
      taken = [...taken, now]
      return true
    },
  }
}
