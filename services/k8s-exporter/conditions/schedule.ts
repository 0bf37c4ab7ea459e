/** When the writer of conditions has something to do: a change, a heartbeat, a look at the node. Pure: times are monotonic milliseconds. */

/** What changes together goes out together: what comes before it was quiet for so long, and within so much of the first change. */
const QUIET_MS = 5
const BATCH_MS = 25
/** A condition that is no longer wished, and that this exporter never saw itself, is taken away after this. */
const SETTLE_MS = 120_000
/** Of each interval, so that a fleet does not write at once. */
const SPREAD = 0.1

/** How often the writer comes by itself; `random` spreads it, from 0 to 1. */
export interface Rhythm {
  readonly heartbeatMs: number
  readonly resyncMs: number
  readonly random: () => number
}

export interface Schedule {
  /** Something is to be sent since then; undefined: nothing is. */
  readonly waitingSinceMs: number | undefined
  /** Something came that was not looked at yet. */
  readonly hasNews: boolean
  /** The first heartbeat comes after a whole interval. */
  begin(nowMs: number): void
  /** Something changed. */
  changed(nowMs: number): void
  /** What waits is looked at without regard to its time. */
  hurry(): void
  isHeartbeatDue(nowMs: number): boolean
  isLookDue(nowMs: number): boolean
  /** What waits is in hand from here. @returns since when it waited */
  take(): number | undefined
  /** It is held for so long, and nothing but a change is looked at before. */
  hold(nowMs: number, waitMs: number, sinceMs: number | undefined): void
  /** Nothing came of it: it waits again, with the heartbeat that was to go along. */
  failed(sinceMs: number, hadHeartbeat: boolean): void
  /** The next heartbeat is so far away. Default: an interval */
  heartbeat(nowMs: number, inMs?: number): void
  /** The node was seen. */
  looked(nowMs: number): void
  /** The node is to be looked at with the next turn. */
  lookAgain(): void
  /** Until something has to be done, in milliseconds; 0: now. */
  dueInMs(nowMs: number): number
  /** Until the batch goes out; what comes meanwhile may put that off. */
  batchRestMs(nowMs: number): number
}

export interface Settling {
  /** Whether all was known for long enough that what nobody wishes may be taken away. */
  isSettled(isComplete: boolean, nowMs: number): boolean
  /** What is known may be incomplete from now on. */
  unsettle(): void
}

export function createSettling(): Settling {
  let completeSinceMs: number | undefined
  return {
    isSettled(isComplete, nowMs) {
      completeSinceMs = isComplete ? (completeSinceMs ?? nowMs) : undefined
      return completeSinceMs !== undefined && nowMs - completeSinceMs >= SETTLE_MS
    },
    unsettle() {
      completeSinceMs = undefined
    },
  }
}

export function createSchedule({ heartbeatMs, resyncMs, random }: Rhythm): Schedule {
  let dirtyMs: number | undefined
  let newsMs: number | undefined
  let lastNewsMs = Number.NEGATIVE_INFINITY
  let heldUntilMs: number | undefined
  let heartbeatDueMs = 0
  let lookDueMs = 0

  const spread = (ms: number) => ms * (1 + SPREAD * (2 * random() - 1))

  /** @param firstMs the first change of it */
  function batchEndMs(firstMs: number): number {
    return Math.min(firstMs + BATCH_MS, Math.max(firstMs, lastNewsMs) + QUIET_MS)
  }

  function sendDueMs(): number {
    if (newsMs !== undefined) return batchEndMs(newsMs)
    return dirtyMs === undefined ? Number.POSITIVE_INFINITY : (heldUntilMs ?? dirtyMs)
  }

  function heartbeat(nowMs: number, inMs = spread(heartbeatMs)): void {
    heartbeatDueMs = nowMs + inMs
  }

  return {
    get waitingSinceMs() {
      return dirtyMs
    },
    get hasNews() {
      return newsMs !== undefined
    },
    begin: (nowMs) => heartbeat(nowMs),
    changed(nowMs) {
      dirtyMs ??= nowMs
      newsMs ??= nowMs
      lastNewsMs = nowMs
    },
    hurry() {
      newsMs ??= dirtyMs
    },
    isHeartbeatDue: (nowMs) => nowMs >= heartbeatDueMs,
    isLookDue: (nowMs) => nowMs >= lookDueMs,
    take() {
      const sinceMs = dirtyMs
      dirtyMs = newsMs = heldUntilMs = undefined
      return sinceMs
    },
    hold(nowMs, waitMs, sinceMs) {
      dirtyMs = sinceMs ?? nowMs
      heldUntilMs = nowMs + waitMs
    },
    failed(sinceMs, hadHeartbeat) {
      dirtyMs ??= sinceMs
      if (hadHeartbeat) heartbeatDueMs = 0
    },
    heartbeat,
    looked(nowMs) {
      lookDueMs = nowMs + spread(resyncMs)
    },
    lookAgain() {
      lookDueMs = 0
    },
    dueInMs: (nowMs) => Math.max(0, Math.min(heartbeatDueMs, lookDueMs, sendDueMs()) - nowMs),
    batchRestMs: (nowMs) => (newsMs === undefined ? 0 : Math.max(0, batchEndMs(newsMs) - nowMs)),
  }
}
