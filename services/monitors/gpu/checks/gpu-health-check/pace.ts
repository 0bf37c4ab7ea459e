/** How often a probe may be made: it is to take a twentieth of the time at most. */

const SHARE_MAX = 0.05

/** Keeps account of what probes take. */
export interface Pace {
  /** Whether the next one may be made. @param nowMs by the monotonic clock */
  mayProbe(nowMs: number): boolean
  /**
   * One was made.
   * @param usualMs from one turn to the next
   * @returns 'stretched' or 'restored' where that is another than before
   */
  took(beganMs: number, tookMs: number, usualMs: number): 'stretched' | 'restored' | undefined
  /** How long it is to the next, while it is stretched. */
  readonly restMs: number
}

export function createPace(): Pace {
  let dueMs = 0
  let isStretched = false
  let restMs = 0
  return {
    get restMs() {
      return restMs
    },
    mayProbe: (nowMs) => nowMs >= dueMs,
    took(beganMs, tookMs, usualMs) {
      const wantedMs = tookMs / SHARE_MAX
      const wasStretched = isStretched
      isStretched = wantedMs > usualMs
      restMs = isStretched ? wantedMs : usualMs
      dueMs = isStretched ? beganMs + wantedMs : 0
      if (isStretched === wasStretched) return undefined
      return isStretched ? 'stretched' : 'restored'
    },
  }
}
