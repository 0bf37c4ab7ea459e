/** When an exporter that was asked to end may leave. The detector and the monitors end at the same moment: what they say last is waited for, and sent. Pure. */

/** At the end: at least this long after being asked, and until nothing new came for the other. */
export const LEAVE_AFTER_MS = 1500
const QUIET_MS = 700
const LEAVE_AT_LAST_MS = 7000

/** How things stand; times are milliseconds that have passed. */
export interface Leaving {
  readonly sinceAskedMs: number
  readonly sinceNewsMs: number
  readonly isBusConnected: boolean
  /** Nothing waits to be sent, and nothing is being sent. */
  readonly isSettled: boolean
  /** The server takes no conditions: what waits cannot be sent. */
  readonly isAway: boolean
}

export function mayLeave({ sinceAskedMs, sinceNewsMs, isBusConnected, isSettled, isAway }: Leaving): boolean {
  if (sinceAskedMs >= LEAVE_AT_LAST_MS) return true
  // Without the bus nothing more can come.
  const isOver = !isBusConnected || sinceAskedMs >= LEAVE_AFTER_MS
  return isOver && (isAway || (isSettled && sinceNewsMs >= QUIET_MS))
}
