/** So many a second on the average, and half of that at once. */
export interface Pace {
  /** How long until the next may go; 0: now. */
  waitMs(nowMs: number): number
  /** @param cost as how many it counts; default 1. A dear one goes when its turn comes, and the next waits longer. */
  take(nowMs: number, cost?: number): void
}

/** @param perSecond more than 0 */
export function createPace(perSecond: number): Pace {
  const most = Math.max(1, perSecond / 2)
  let tokens = most
  let atMs: number | undefined

  function refill(nowMs: number): void {
    tokens = Math.min(most, tokens + (perSecond * Math.max(0, nowMs - (atMs ?? nowMs))) / 1000)
    atMs = nowMs
  }

  return {
    waitMs(nowMs) {
      refill(nowMs)
      // Rounded up: a timer that fires a little early must not find the wait not over.
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond) + 1
    },
    take(nowMs, cost = 1) {
      refill(nowMs)
      tokens -= cost
    },
  }
}
