/**
 * How often a node is written: a first change at once, further ones together once per interval, a worse one at once within
 * a budget of its own. Whatever flaps, here or in a whole fleet, writes no faster. Pure.
 */
export interface Pacer {
  /**
   * Until this may be sent, in milliseconds; 0: now.
   * @param worse names that have become worse than what stands on the node
   */
  waitMs(nowMs: number, worse: readonly string[]): number
  /** It was sent. */
  wrote(nowMs: number, worse: readonly string[]): void
}

export const URGENT_PER_MINUTE = 6
const MINUTE_MS = 60_000

export function createPacer(intervalMs: number): Pacer {
  let wroteMs = Number.NEGATIVE_INFINITY
  let tokens: number = URGENT_PER_MINUTE
  let filledMs = 0
  /** What was urgent lately is not urgent again: it comes and goes. */
  const urgentMs = new Map<string, number>()

  function fill(nowMs: number): void {
    tokens = Math.min(URGENT_PER_MINUTE, tokens + (Math.max(0, nowMs - filledMs) / MINUTE_MS) * URGENT_PER_MINUTE)
    filledMs = nowMs
    for (const [name, atMs] of urgentMs) if (nowMs - atMs >= MINUTE_MS) urgentMs.delete(name)
  }

  return {
    waitMs(nowMs, worse) {
      fill(nowMs)
      const restMs = wroteMs + intervalMs - nowMs
      if (restMs <= 0) return 0
      return tokens >= 1 && worse.some((name) => !urgentMs.has(name)) ? 0 : Math.ceil(restMs)
    },
    wrote(nowMs, worse) {
      fill(nowMs)
      if (nowMs - wroteMs < intervalMs) tokens = Math.max(0, tokens - 1)
      for (const name of worse) urgentMs.set(name, nowMs)
      wroteMs = nowMs
    },
  }
}
