/** When this service, asked to end, may leave: what the detector and the monitors say last at the same moment is waited for. Pure. */

const LEAVE_AFTER_MS = 1500
const QUIET_MS = 700
const LEAVE_AT_LAST_MS = 7000

/** How things stand; times are milliseconds that have passed. */
export interface Leaving {
  readonly sinceAskedMs: number
  readonly sinceNewsMs: number
  readonly isBusConnected: boolean
  /** Nothing is left for an exporter that takes it. */
  readonly isSettled: boolean
}

export function mayLeave({ sinceAskedMs, sinceNewsMs, isBusConnected, isSettled }: Leaving): boolean {
  if (sinceAskedMs >= LEAVE_AT_LAST_MS) return true
  // Without the bus nothing more can come.
  if (!isBusConnected) return isSettled
  return isSettled && sinceAskedMs >= LEAVE_AFTER_MS && sinceNewsMs >= QUIET_MS
}
