/**
 * One timer for many waits: what may come a little late waits for its neighbours, so that a process wakes once for all
 * of them. Time and the timer are given.
 */

/** A timer of the machine. Returns its removal. */
export type SetTimer = (afterMs: number, act: () => void) => () => void

export interface WheelOptions {
  /** A clock that nobody sets. */
  readonly nowMs: () => number
  readonly setTimer: SetTimer
}

export interface Wheel {
  /**
   * Calls `act` once: never before `dueMs`, and where the process is not held up at `latestMs` at the latest, with the
   * first wait that ends in between. Returns its removal.
   */
  add(dueMs: number, latestMs: number, act: () => void): () => void
  /** How many wait. */
  readonly waiting: number
}

interface Wait {
  readonly dueMs: number
  readonly latestMs: number
  readonly act: () => void
}

export function createWheel({ nowMs, setTimer }: WheelOptions): Wheel {
  const waits = new Set<Wait>()
  let timerMs = Number.POSITIVE_INFINITY
  let clearTimer: (() => void) | undefined
  let isTurning = false

  /** To wake at the earliest of the latest moments is what needs the fewest wakes. */
  function arm(): void {
    let atMs = Number.POSITIVE_INFINITY
    for (const { latestMs } of waits) if (latestMs < atMs) atMs = latestMs
    if (isTurning || (atMs === timerMs && clearTimer !== undefined)) return
    clearTimer?.()
    timerMs = atMs
    clearTimer = waits.size === 0 ? undefined : setTimer(Math.max(0, Math.ceil(atMs - nowMs())), turn)
  }

  function turn(): void {
    clearTimer = undefined
    isTurning = true
    try {
      const now = nowMs()
      const due = [...waits].filter(({ dueMs }) => dueMs <= now).sort((a, b) => a.dueMs - b.dueMs)
      // What one of them takes away or adds is no part of this turn any more, or not yet.
      for (const wait of due) if (waits.delete(wait)) wait.act()
    } finally {
      isTurning = false
      arm()
    }
  }

  return {
    add(dueMs, latestMs, act) {
      const wait = { dueMs, latestMs: Math.max(dueMs, latestMs), act }
      waits.add(wait)
      arm()
      return () => {
        if (waits.delete(wait)) arm()
      }
    },
    get waiting() {
      return waits.size
    },
  }
}
