import type { StreamStanding } from './types.ts'

/**
 * After which sequence those begin that no reader has taken, at most `limit` of the newest.
 * @returns the stream's last sequence, or more, where all were taken
 */
export function untakenAfter({ lastSequence, readers }: StreamStanding, limit: number): number {
  return Math.max(lastSequence - limit, ...readers.map(({ takenUpTo }) => takenUpTo))
}
