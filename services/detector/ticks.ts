/** When the detector looks at what time alone changes: each second while something is under way, seldom at rest. */
import type { Clock } from '#clock'

const BUSY_MS = 1000
const REST_MS = 5000

export interface TicksOptions {
  readonly clock: Clock
  /** Returns whether something is under way that the next second may bring to its end. */
  readonly tick: () => boolean
  /** When something is due by itself, on the monotonic clock. */
  readonly dueMs: () => number
}

export interface Ticks {
  /** Something has happened: the next tick is that of the next second. */
  soon(): void
  end(): void
}

export function startTicks({ clock, tick, dueMs }: TicksOptions): Ticks {
  let callOff = (): void => undefined
  let isSoon = false
  let ended = false

  /** Ticks come at whole seconds of the clock, with whatever else of the process comes then. */
  function arm(ms: number): void {
    callOff()
    if (!ended) callOff = clock.after(ms - (clock.monotonicMs() % ms), turn)
  }

  function turn(): void {
    isSoon = false
    const isBusy = tick() || dueMs() - clock.monotonicMs() < REST_MS
    // What it did itself may have called for the next second, too.
    if (isBusy) isSoon = true
    arm(isSoon ? BUSY_MS : REST_MS)
  }

  arm(REST_MS)
  return {
    soon() {
      if (isSoon || ended) return
      isSoon = true
      arm(BUSY_MS)
    },
    end() {
      ended = true
      callOff()
    },
  }
}
