/** Something that is due at a moment which usually moves away before it has come. */
import { FORGIVEN_MS, starvedMs } from './patience.ts'
import type { Clock } from './types.ts'

/** When it is due, and how exactly. */
export interface DeadlineOptions {
  /** On the monotonic clock; asked again each time. `Number.POSITIVE_INFINITY`: never, as things stand. */
  readonly dueMs: () => number
  /** How late it may be noticed, for the sake of other waits. Default 0. */
  readonly slackMs?: number
}

/** A running deadline. */
export interface Deadline {
  /** The moment may have come nearer. That it went away needs no call: it is seen when the old one has come. */
  moved(): void
  /** Ends it; `act` is not called any more. */
  end(): void
}

/** A timer that comes later than this beyond its slack was held, with its whole process: it was stopped, or starved. */
export const HELD_MS = 2000
/** What a process that was held gets to read what came meanwhile, before a moment that has passed counts. */
export const GRACE_MS = 2000

/**
 * Calls `act` when the moment has come, and again only when it lies ahead anew. A moment that moves on with every message costs
 * one timer for each of its lengths, not one for each message. A process that was held finds moments passed that messages it has not
 * read yet would have moved: it reads them first. What it was without a processor while it waited is added to what it
 * waits, up to a minute.
 */
export function createDeadline(clock: Clock, { dueMs, slackMs = 0 }: DeadlineOptions, act: () => void): Deadline {
  let callOff: (() => void) | undefined
  let armedMs = Number.POSITIVE_INFINITY
  let isActing = false
  let ended = false
  let isGraced = false
  let forgivenMs = 0
  let waited = { fromMs: 0, starved: 0 }

  function wait(atMs: number): void {
    callOff?.()
    armedMs = atMs
    waited = { fromMs: clock.monotonicMs(), starved: starvedMs(clock) }
    callOff = clock.after(Math.max(0, atMs - waited.fromMs), turn, slackMs)
  }

  function arm(): void {
    const atMs = dueMs()
    if (!ended && !isActing && atMs < armedMs) wait(atMs)
  }

  /** What is added to a wait that is over now. */
  function moreMs(nowMs: number): number {
    const wasHeld = !isGraced && nowMs - armedMs > slackMs + HELD_MS
    isGraced = wasHeld
    const lostMs = Math.min(starvedMs(clock) - waited.starved, armedMs - waited.fromMs)
    return Math.max(wasHeld ? GRACE_MS : 0, lostMs > HELD_MS ? Math.min(lostMs, FORGIVEN_MS - forgivenMs) : 0)
  }

  function turn(): void {
    const nowMs = clock.monotonicMs()
    const more = dueMs() > nowMs ? 0 : moreMs(nowMs)
    if (more > 0) {
      forgivenMs += more
      wait(nowMs + more)
      return
    }
    forgivenMs = 0
    isGraced = false
    armedMs = Number.POSITIVE_INFINITY
    if (clock.monotonicMs() >= dueMs()) {
      isActing = true
      try {
        act()
      } finally {
        isActing = false
      }
    }
    // Where it is past still, somebody has to move it first.
    if (dueMs() > clock.monotonicMs()) arm()
  }

  arm()
  return {
    moved: arm,
    end() {
      ended = true
      callOff?.()
    },
  }
}
