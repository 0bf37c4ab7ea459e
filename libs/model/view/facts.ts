/** What a view is made from. */
import type { MonitorState, NodeCondition, Problem } from '../types.ts'
import type { NodeView } from '../view.ts'

/** After this long without a heartbeat nothing is known any more. */
export const STALE_AFTER_MS = 60_000

/** Resolved problems shown, the last first. */
export const RESOLVED_SHOWN = 20

/** Whether the detector behind the facts lives. */
export interface Liveness {
  readonly state: NodeView['detector']['state']
  /** When its last heartbeat arrived; undefined before the first. */
  readonly lastHeartbeat?: Date | undefined
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
 * @param heartbeatAgeMs undefined before the first heartbeat
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
