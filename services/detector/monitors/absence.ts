/** When one whose socket was found and that is gone is forgotten. Pure: time is an argument. */
import type { MonitorHealth } from '#model'

/** A member that is gone, its times on the monotonic clock. */
export interface Absence {
  readonly goneSinceMs: number
  /** It must be here, and is missed for as long as it takes. */
  readonly expected: boolean
  /** As the state has it; undefined for one that never spoke, which leaves nothing behind. */
  readonly health: MonitorHealth | undefined
  /** It is taken as it comes, and has said nothing of this node: nothing is lost with it. */
  readonly isIdle?: boolean
}

/** Its state may turn without a word of the kernel, so that one that is due and not lost yet is looked at as often. */
const LOOK_MS = 1000

/** Whether it is to be forgotten now, and when to look at it again; `Number.POSITIVE_INFINITY`: no need. */
export function judgeAbsence(absence: Absence, nowMs: number, forgetAfterMs: number) {
  const { goneSinceMs, expected, health, isIdle = false } = absence
  const overMs = goneSinceMs + forgetAfterMs
  const isOver = nowMs > overMs
  const isForgotten = !expected && (health === undefined || isIdle || (health === 'unreachable' && isOver))
  if (isForgotten || (expected && isOver)) return { isForgotten, dueMs: Number.POSITIVE_INFINITY }
  return { isForgotten, dueMs: expected ? overMs : Math.max(overMs, nowMs + LOOK_MS) }
}
