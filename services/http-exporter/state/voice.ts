/** The detector as it is heard, here, on this machine's clocks. */
import { BEHIND_AFTER_MS, detectorState, type Liveness } from '#model'
import type { Clock } from '#service'

export interface Voice {
  /** It lives; `waitMs` is how long what it has to say does not get through. */
  heard(waitMs: number): void
  /** Since the last heartbeat, on the monotonic clock; undefined before the first. */
  ageMs(): number | undefined
  liveness(): Liveness
}

/** Listens from now on. */
export function createVoice(clock: Clock): Voice {
  const listeningSince = clock.now()
  const listeningSinceMs = clock.monotonicMs()
  let heartbeat: { readonly wall: Date; readonly monoMs: number; readonly behind: boolean } | undefined

  function ageMs(): number | undefined {
    return heartbeat === undefined ? undefined : clock.monotonicMs() - heartbeat.monoMs
  }

  return {
    ageMs,
    heard(waitMs) {
      const wall = new Date(clock.now().getTime() - waitMs)
      heartbeat = { wall, monoMs: clock.monotonicMs() - waitMs, behind: waitMs > 0 }
    },
    liveness() {
      const state = detectorState(ageMs(), clock.monotonicMs() - listeningSinceMs)
      // A detector that is not heard brings nothing through either.
      const isBehind = heartbeat?.behind === true || (ageMs() ?? 0) >= BEHIND_AFTER_MS
      const behindSince = isBehind ? heartbeat?.wall : undefined
      return { state, lastHeartbeat: heartbeat?.wall, behindSince, listeningSince }
    },
  }
}
