/** What a check measured last, for who begins to watch: as of now, or not at all. */
import type { Clock } from '#clock'
import type { MetricSample } from '#model'

/** After so many intervals that said nothing of it, it is not as of now any more. */
const INTERVALS = 3

export interface Measured {
  /** None where they are too old. */
  readonly samples: readonly MetricSample[]
  /**
   * What says nothing leaves it as it is, and what was measured before the last is none.
   * @param ms when, on the monotonic clock
   * @param intervalMs how long it is to the next
   */
  take(measured: readonly MetricSample[], ms: number, intervalMs: number): void
}

export function createMeasured(clock: Pick<Clock, 'monotonicMs'>): Measured {
  let samples: readonly MetricSample[] = []
  let takenMs = Number.NEGATIVE_INFINITY
  let endsMs = Number.NEGATIVE_INFINITY
  return {
    get samples() {
      return clock.monotonicMs() > endsMs ? [] : samples
    },
    take(measured, ms, intervalMs) {
      if (measured.length === 0 || ms < takenMs) return
      samples = measured
      takenMs = ms
      endsMs = ms + INTERVALS * intervalMs
    },
  }
}
