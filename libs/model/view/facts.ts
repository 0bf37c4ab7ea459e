/** What a view is made from. */
import type { MonitorState, NodeCondition, Problem } from '../types.ts'
import type { NodeView } from '../view.ts'

/** After this long without a heartbeat nothing is known any more. */
export const STALE_AFTER_MS = 60_000

/** A detector whose oldest change waits for longer than this is behind, and readers say so. */
export const BEHIND_AFTER_MS = 10_000

/** How long a heartbeat's oldest change has waited, as far as it matters: a moment's wait is on its way. */
export function waitOf(heartbeat: { readonly waitingMs: number }): number {
  const { waitingMs } = heartbeat
  return Number.isFinite(waitingMs) && waitingMs >= BEHIND_AFTER_MS ? waitingMs : 0
}

/** What the detector says of its bus. */
interface BusFacts {
  readonly waitingMs: number
  readonly refused: number
  readonly connected?: boolean
  /** Since when it is so: its connection and its store are there, or one of them is not. */
  readonly since?: Date | undefined
}

/**
 * The same, as who asks the detector is told of the other readers: theirs is what was before the oldest change that waits,
 * and before the bus went away; nothing once that is {@link STALE_AFTER_MS} ago. `now` is the detector's.
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

/** Resolved problems shown, the last first. */
export const RESOLVED_SHOWN = 20

/** Whether the detector behind the facts lives. */
export interface Liveness {
  readonly state: NodeView['detector']['state']
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

export interface NodeFacts {
  readonly node: NodeView['node']
  readonly detector: Liveness
  readonly conditions: Iterable<NodeCondition>
  /** Open and resolved. */
  readonly problems: Iterable<Problem>
  readonly monitors: Iterable<MonitorState>
  readonly settings: NodeView['settings']
  readonly remediation: NodeView['remediation']
}

/**
 * The detector's state by its last heartbeat. Both durations are measured on the monotonic clock.
 * @param heartbeatAgeMs since when it vouches for nothing ({@link Liveness}); undefined before the first heartbeat
 * @param listeningMs how long this reader has listened
 */
export function detectorState(heartbeatAgeMs: number | undefined, listeningMs: number): Liveness['state'] {
  if (heartbeatAgeMs !== undefined) return heartbeatAgeMs < STALE_AFTER_MS ? 'live' : 'stale'
  return listeningMs < STALE_AFTER_MS ? 'awaited' : 'stale'
}

/** What stands in the place of remediation as long as none runs. */
export const NO_REMEDIATION: NodeView['remediation'] = {
  running: false,
  text: 'No remediator runs on this node: nothing is repaired by itself.',
}
