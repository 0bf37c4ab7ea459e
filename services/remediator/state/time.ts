/**
 * Journal time: the monotonic clock within a boot, and nothing between boots. It never runs faster than the world, whatever the
 * wall clock is set to, so no limit is over too soon; between boots, and where the last record of a boot is older than its end, it
 * runs slower. A tick every ten minutes keeps that small.
 */
import type { SafetyState } from './types.ts'

/** A moment of the machine's monotonic clock. */
export interface BootMoment {
  readonly bootId: string
  readonly monoMs: number
}

/** Journal time of a moment that is not earlier than the last record. */
export function journalTime({ bootId, baseMs, nowMs }: SafetyState, moment: BootMoment): number {
  const base = moment.bootId === bootId ? baseMs : nowMs
  return Math.max(nowMs, base + Math.max(0, moment.monoMs))
}

/** The state at a moment: of another boot its time begins where the last record left it, and nothing runs in it that was begun before. */
export function movedTo(state: SafetyState, moment: BootMoment): SafetyState {
  const nowMs = journalTime(state, moment)
  if (moment.bootId === state.bootId) return { ...state, nowMs }
  return { ...state, bootId: moment.bootId, baseMs: state.nowMs, nowMs, unended: [] }
}
