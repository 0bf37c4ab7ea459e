/**
 * Flap damping after BGP's (RFC 2439): each raise adds a penalty that decays with a half-life; while it stands above
 * the limit, a recovery is held back. Nothing ever holds back a first sight.
 */

/** Added at each raise. */
export const PENALTY_PER_RAISE = 1000
/** Half of it is gone after ten minutes. */
export const HALF_LIFE_MS = 600_000
/** Above this a recovery is held: the third raise within a few minutes reaches it, two never do. */
export const HOLD_ABOVE = 2000
/** It never exceeds this, so that a recovery is held twenty minutes after the last raise at most. */
export const PENALTY_MAX = 8000

/** The penalty now. Time that seems to run backwards does not decay it. */
export function decayedPenalty(penalty: number, sinceMs: number): number {
  if (!(penalty > 0)) return 0
  return penalty * 2 ** (-Math.max(0, sinceMs) / HALF_LIFE_MS)
}

/**
 * The penalty of a condition once it was raised again.
 * @param penalty before
 * @param sinceMs since then, in milliseconds
 */
export function penaltyAfterRaise(penalty: number, sinceMs: number): number {
  return Math.min(PENALTY_MAX, decayedPenalty(penalty, sinceMs) + PENALTY_PER_RAISE)
}

/**
 * Whether a recovery is held back, since the condition flaps.
 * @param sinceMs since the penalty was reckoned, in milliseconds
 */
export function holdsRecovery(penalty: number, sinceMs: number): boolean {
  return decayedPenalty(penalty, sinceMs) > HOLD_ABOVE
}
