/** Whether anybody vouches for what the bus says: the detector as it is heard, here, on this machine's clocks. */
import type { Clock } from '#clock'
import { BEHIND_AFTER_MS, detectorState, type Liveness, STALE_AFTER_MS } from '#model'

/**
 * `live`; late (it is heard, and cannot tell what it knows: all is as of then); silent since when; `awaited` for the first
 * minute of whoever listens.
 */
export type Voice =
  | { readonly state: 'live' | 'awaited' }
  | { readonly state: 'late'; readonly asOf: Date }
  | { readonly state: 'silent'; readonly since: Date }

/** Who is listened to. */
export interface Listening {
  /** It lives; `waitMs` is how long what it has to say does not get through (`waitOf` of libs/model), 0 while it does. */
  heard(waitMs: number): void
  /** For whom what is late is still true, and what is silent is not. */
  voice(): Voice
  /** For whom shows how old it is. */
  liveness(): Liveness
  /** Since it vouches for nothing, on the monotonic clock; undefined before the first heartbeat. */
  ageMs(): number | undefined
  /** Up to when it has told what it knows. */
  readonly lastHeard: Date | undefined
}

interface Moment {
  readonly monoMs: number
  readonly wall: Date
}

function later({ wall }: Moment, ms: number): Date {
  return new Date(wall.getTime() + ms)
}

/** Listens from now on. */
export function createListening(clock: Clock): Listening {
  const began: Moment = { monoMs: clock.monotonicMs(), wall: clock.now() }
  let heard: Moment | undefined
  /** Up to when it got through, while it does not. */
  let late: Moment | undefined

  function sinceMs({ monoMs }: Moment): number {
    return clock.monotonicMs() - monoMs
  }

  function ageMs(): number | undefined {
    const vouched = late ?? heard
    return vouched && sinceMs(vouched)
  }

  return {
    ageMs,
    get lastHeard() {
      return (late ?? heard)?.wall
    },
    heard(waitMs) {
      heard = { monoMs: clock.monotonicMs(), wall: clock.now() }
      if (waitMs === 0) late = undefined
      // The first word counts: a number that is measured anew each time would move by itself.
      else late ??= { monoMs: heard.monoMs - waitMs, wall: later(heard, -waitMs) }
    },
    voice() {
      const last = heard ?? began
      if (sinceMs(last) >= STALE_AFTER_MS) return { state: 'silent', since: later(last, STALE_AFTER_MS) }
      if (late === undefined) return { state: heard === undefined ? 'awaited' : 'live' }
      return sinceMs(late) >= STALE_AFTER_MS
        ? { state: 'silent', since: later(late, STALE_AFTER_MS) }
        : { state: 'late', asOf: late.wall }
    },
    liveness() {
      const vouched = late ?? heard
      const state = detectorState(ageMs(), sinceMs(began))
      // A detector that is not heard brings nothing through either.
      const isBehind = late !== undefined || (ageMs() ?? 0) >= BEHIND_AFTER_MS
      const behindSince = isBehind ? vouched?.wall : undefined
      return { state, lastHeartbeat: vouched?.wall, behindSince, listeningSince: began.wall }
    },
  }
}
