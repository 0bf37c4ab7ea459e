/** Sockets that nobody listened on, so that each is tried again seldom. Pure: time is an argument. */

/** One is tried again after this, the first time: it may have been made a moment before. */
const FIRST_MS = 1000
/** And then as often. */
const AGAIN_MS = 10_000

/** What is known of one. */
interface Dead {
  readonly untilMs: number
  readonly tries: number
}

export interface DeadSockets {
  /** Whether it was tried so lately that it is taken for dead. */
  rests(path: string, nowMs: number): boolean
  /** Nobody listens on it, found now or known of one that rests. Returns when it is tried again, on the monotonic clock. */
  found(path: string, nowMs: number): number
  /** A look is over: what it did not find dead is not known as such any more. */
  looked(): void
}

export function createDeadSockets(): DeadSockets {
  let before = new Map<string, Dead>()
  let now = new Map<string, Dead>()

  function rests(path: string, nowMs: number): boolean {
    return (before.get(path)?.untilMs ?? 0) > nowMs
  }

  return {
    rests,
    found(path, nowMs) {
      const known = before.get(path)
      const isRest = known !== undefined && known.untilMs > nowMs
      const tries = known?.tries ?? 0
      const next = isRest ? known : { untilMs: nowMs + (tries === 0 ? FIRST_MS : AGAIN_MS), tries: tries + 1 }
      now.set(path, next)
      return next.untilMs
    },
    looked() {
      before = now
      now = new Map()
    },
  }
}
