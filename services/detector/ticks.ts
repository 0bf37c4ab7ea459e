/** When the detector looks at what time alone changes: each second while something is under way, seldom at rest. */
import { type Clock, GRACE_MS, HELD_MS } from '#clock'

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
  let armedMs = Number.POSITIVE_INFINITY
  let isSoon = false
  let isGraced = false
  let ended = false

  /** Ticks come at whole seconds of the clock, with whatever else of the process comes then. */
  function arm(ms: number): void {
    wait(ms - (clock.monotonicMs() % ms))
  }

  function wait(ms: number): void {
    callOff()
    if (ended) return
    armedMs = clock.monotonicMs() + ms
    callOff = clock.after(ms, turn)
  }

  const isLate = (): boolean => clock.monotonicMs() - armedMs > HELD_MS

  /** A process that was held reads what came meanwhile, before time proves that nothing did. */
  function turn(): void {
    isGraced = !isGraced && isLate()
    isSoon = isGraced
    if (isGraced) wait(GRACE_MS)
    else look()
  }

  function look(): void {
    const isBusy = tick() || dueMs() - clock.monotonicMs() < REST_MS
    // What it did itself may have called for the next second, too.
    if (isBusy) isSoon = true
    arm(isSoon ? BUSY_MS : REST_MS)
  }

  arm(REST_MS)
  return {
    soon() {
      if (isSoon || ended) return
      // Of a process that was held what waited is read before its timers come.
      if (isLate()) turn()
      else {
        isSoon = true
        arm(BUSY_MS)
      }
    },
    end() {
      ended = true
      callOff()
    },
  }
}
