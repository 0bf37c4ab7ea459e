/** What each lane was told last, so that a proof that changes nothing costs nothing; and what a new place has to be told first. Pure. */
import type { NodeCondition, Problem } from '#model'
import { type LaneState, stateOfCondition } from './facts.ts'

/** Fingerprints remembered so that the same end of a problem is not written again and again. */
const PAST_MAX = 4096

export interface LaneMemory {
  /** States that are not healthy now. */
  current(): Iterable<LaneState>
  /** @returns whether that is news */
  tell(state: LaneState): boolean
  /** @returns whether this revision of a problem that is over is news */
  tellPast(problem: Problem): boolean
  /** The lane's condition is gone. @returns the lane */
  gone(condition: NodeCondition): string
  /** Forgets lanes of conditions that are not there any more. */
  keepOnly(present: ReadonlySet<string>): void
}

export function createLaneMemory(): LaneMemory {
  const current = new Map<string, LaneState>()
  const told = new Map<string, string>()
  const toldPast = new Map<string, string>()

  function forget(lane: string): void {
    told.delete(lane)
    current.delete(lane)
  }

  return {
    current: () => current.values(),
    tell(state) {
      const { lane, level, reason } = state
      if (level === 'healthy') current.delete(lane)
      else current.set(lane, state)
      const key = `${level} ${reason}`
      if (told.get(lane) === key) return false
      told.set(lane, key)
      return true
    },
    tellPast({ fingerprint, generation, revision }) {
      const key = `${generation} ${revision}`
      if (toldPast.get(fingerprint) === key) return false
      if (toldPast.size >= PAST_MAX) toldPast.clear()
      toldPast.set(fingerprint, key)
      return true
    },
    gone(condition) {
      const { lane } = stateOfCondition(condition)
      forget(lane)
      return lane
    },
    keepOnly(present) {
      for (const lane of told.keys()) if (!lane.startsWith('event:') && !present.has(lane)) forget(lane)
    },
  }
}
