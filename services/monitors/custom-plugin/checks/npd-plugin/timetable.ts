/** When rules are run: a ticker that remembers one tick that was missed, as a channel of Go with one place does. Pure. */

/** A ticker, and when its last tick was taken. */
export interface Ticker {
  /** When it began, on the monotonic clock; its first tick comes a period later. */
  readonly originMs: number
  readonly periodMs: number
  /** When a tick was last taken, and with it all that were due; at first when it began. */
  readonly takenMs: number
}

/** A shorter period is no other: whoever has nothing to run would look for it all the time. */
const PERIOD_MIN_MS = 1

export function startTicker(periodMs: number, nowMs: number): Ticker {
  return { originMs: nowMs, periodMs: Math.max(periodMs, PERIOD_MIN_MS), takenMs: nowMs }
}

/** Ticks that have come by then. */
function ticksBy({ originMs, periodMs }: Ticker, ms: number): number {
  return Math.floor((ms - originMs) / periodMs)
}

/** When there is a tick to take: now or before, where one came while nobody took any. */
export function dueMs(ticker: Ticker): number {
  return ticker.originMs + (ticksBy(ticker, ticker.takenMs) + 1) * ticker.periodMs
}

/** The tick that is due is taken: of several that came meanwhile one is remembered, the others never were. */
export function take(ticker: Ticker, nowMs: number): Ticker {
  return { ...ticker, takenMs: nowMs }
}

/** How many ticks have come and were not taken. Two and more: it is behind, one is lost. */
export function waiting(ticker: Ticker, nowMs: number): number {
  return ticksBy(ticker, nowMs) - ticksBy(ticker, ticker.takenMs)
}
