/** Questions to a polled plug-in, never two at a time: its turns, and looks that somebody asks for. */
import type { Clock } from '#clock'
import type { Report } from '#model'

/** So long after the last question the next one comes that somebody asks for, however many do. */
const APART_MS = 500

export interface PolledLooks {
  /** A turn: at once, or right after the question that is under way. */
  turn(): Promise<Report>
  /** What somebody asks for: a question of its own, or the turn that waits or is under way. */
  ask(): Promise<Report>
}

/** @param look asks it once. @param signal ends what waits */
export function createPolledLooks(
  look: (isAsked: boolean) => Promise<Report>,
  clock: Clock,
  signal: AbortSignal,
): PolledLooks {
  let beganMs = Number.NEGATIVE_INFINITY
  let turning: Promise<Report> | undefined
  let asking: Promise<Report> | undefined
  let isAsking = false

  function begin(isAsked: boolean): Promise<Report> {
    beganMs = clock.monotonicMs()
    return look(isAsked)
  }

  async function turn(): Promise<Report> {
    try {
      if (isAsking) await asking?.catch(() => undefined)
      return await begin(false)
    } finally {
      turning = undefined
    }
  }

  async function ask(): Promise<Report> {
    try {
      const waitMs = beganMs + APART_MS - clock.monotonicMs()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      if (turning !== undefined) return await turning
      isAsking = true
      return await begin(true)
    } finally {
      isAsking = false
      asking = undefined
    }
  }

  return {
    turn() {
      turning ??= turn()
      return turning
    },
    ask() {
      if (turning !== undefined) return turning
      asking ??= ask()
      return asking
    },
  }
}
