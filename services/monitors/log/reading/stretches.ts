/**
 * Which of the last seconds of a log are counted apart. Lines of a log need not be in the order of their times: beside the newest
 * seconds there are those that stand behind them, and one line of the future does not keep all that is written now behind it. Pure.
 */

/** So many seconds are kept apart, in each of two places. */
const SECONDS = 8
/** Where lines of now stay behind for so long, on the monotonic clock, what is ahead of them is forgotten. */
const AHEAD_MS = 60_000

/** Seconds in a row, and how many were counted of each. */
export interface Stretch {
  readonly newest: number
  of(second: number): number
  put(second: number, count: number): void
}

/** The seconds of one log. */
export interface Stretches {
  /** Where a second is counted; undefined: it is older than those that are kept apart. @param nowMs when it is read, monotonic */
  of(second: number, nowMs: number): Stretch | undefined
  /** It was counted in an earlier life. */
  restore(second: number, count: number): void
}

function createStretch(): Stretch {
  const counts = new Map<number, number>()
  let newest = Number.NEGATIVE_INFINITY
  return {
    get newest() {
      return newest
    },
    of: (second) => counts.get(second) ?? 0,
    put(second, count) {
      counts.set(second, count)
      if (second <= newest) return
      newest = second
      for (const known of counts.keys()) if (!isIn(newest, known)) counts.delete(known)
    },
  }
}

function isIn(newest: number, second: number): boolean {
  return second > newest - SECONDS
}

export function createStretches(): Stretches {
  let ahead = createStretch()
  let behind = createStretch()
  /** When a line was last of those ahead: on the monotonic clock, and how far those behind were. */
  let aheadMs: number | undefined
  let behindSecond: number | undefined

  function takeAhead(second: number, nowMs: number | undefined): Stretch {
    if (second >= ahead.newest + SECONDS) {
      behind = ahead
      ahead = createStretch()
    }
    aheadMs = nowMs
    behindSecond = undefined
    return ahead
  }

  /** What is ahead of them is of no use: they are the newest. */
  function forgetAhead(): void {
    ahead = behind
    behind = createStretch()
    behindSecond = undefined
  }

  return {
    of(second, nowMs) {
      if (isIn(ahead.newest, second)) return takeAhead(second, nowMs)
      aheadMs ??= nowMs
      behindSecond ??= Math.max(behind.newest, second)
      if (second - behindSecond >= SECONDS || nowMs - aheadMs >= AHEAD_MS) {
        forgetAhead()
        aheadMs = nowMs
        if (isIn(ahead.newest, second)) return takeAhead(second, nowMs)
      }
      return isIn(behind.newest, second) ? behind : undefined
    },
    restore(second, count) {
      takeAhead(second, undefined).put(second, count)
    },
  }
}
