/** Whether the detector is heard, and up to when it vouches for what stands on the bus: the same rule for every reader. */

/** After this long without a heartbeat nothing is known any more. */
export const STALE_AFTER_MS = 60_000

/** A detector whose oldest change waits for longer than this is behind, and readers say so. */
export const BEHIND_AFTER_MS = 10_000

/** Reason of every condition while the detector is not heard. */
export const DETECTOR_UNREACHABLE = 'DetectorUnreachable'

/** The detector is heard, is not heard any more, or was not heard yet by a reader that began to listen a moment ago. */
export type DetectorState = 'live' | 'stale' | 'awaited'

/** Whether the detector behind the facts lives. */
export interface Liveness {
  readonly state: DetectorState
  /** Up to when it vouches: its last heartbeat, less the time that its oldest change has waited. Undefined before one. */
  readonly lastHeartbeat?: Date | undefined
  /** Its changes do not get through: what stands here is from then. Absent while they do. */
  readonly behindSince?: Date | undefined
  /**
   * Of who asks the detector itself: every other reader shows what was then, and nothing as known once it is
   * {@link STALE_AFTER_MS} ago. Absent while changes get through.
   */
  readonly readersSince?: Date | undefined
  /** The same: values that other readers show as they were, since the bus refuses the newer ones. Absent for none. */
  readonly readersRefused?: number | undefined
  /** When this reader began to listen. */
  readonly listeningSince: Date
}

/** What the detector says of its bus. */
interface BusFacts {
  readonly waitingMs: number
  readonly refused: number
  readonly connected?: boolean
  /** Since when it is so: its connection and its store are there, or one of them is not. */
  readonly since?: Date | undefined
}

/** How long a heartbeat's oldest change has waited, as far as it matters: a moment's wait is on its way. */
export function waitOf(heartbeat: { readonly waitingMs: number }): number {
  const { waitingMs } = heartbeat
  return Number.isFinite(waitingMs) && waitingMs >= BEHIND_AFTER_MS ? waitingMs : 0
}

/**
 * What the other readers know, for one who asks the detector itself: theirs is what was before the oldest change that
 * waits, and before the bus went away; nothing once that is {@link STALE_AFTER_MS} ago. `now` is the detector's.
 */
export function readersOf(bus: BusFacts | undefined, now: Date): Pick<Liveness, 'readersSince' | 'readersRefused'> {
  if (bus === undefined) return {}
  const awayMs = bus.connected === false && bus.since !== undefined ? now.getTime() - bus.since.getTime() : 0
  const waitMs = Math.max(waitOf(bus), waitOf({ waitingMs: awayMs }))
  return {
    ...(waitMs > 0 ? { readersSince: new Date(now.getTime() - waitMs) } : {}),
    ...(bus.refused > 0 ? { readersRefused: bus.refused } : {}),
  }
}

/**
 * The detector's state by its last heartbeat. Both durations are measured on the monotonic clock.
 * @param heartbeatAgeMs since when it vouches for nothing ({@link Liveness}); undefined before the first heartbeat
 * @param listeningMs how long this reader has listened
 */
export function detectorState(heartbeatAgeMs: number | undefined, listeningMs: number): DetectorState {
  if (heartbeatAgeMs !== undefined) return heartbeatAgeMs < STALE_AFTER_MS ? 'live' : 'stale'
  return listeningMs < STALE_AFTER_MS ? 'awaited' : 'stale'
}
