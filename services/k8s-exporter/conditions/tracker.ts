/**
 * Since when each type has its status, followed change by change: between two patches a status may go and come back, and
 * the entities of a type may take turns while it stays. Pure.
 */
import type { NodeCondition } from '#model'
import { rankOf, sinceOf, WATCHED, worstFirst } from './rank.ts'

export interface Tracked {
  readonly since: Date
  /** It is known, not only the best that the entities say. */
  readonly exact: boolean
  /** When it was last seen not well; undefined: never in this process. */
  readonly unwell: Date | undefined
}

export interface Tracker {
  /** All conditions of a type as they are now; none: it is gone. */
  saw(type: string, conditions: readonly NodeCondition[], now: Date): void
  of(type: string): Tracked | undefined
}

interface Entry extends Tracked {
  readonly health: NodeCondition['health']
  readonly rank: number
  /** The one entity that there is; undefined for several. */
  readonly only: string | undefined
}

function follow(
  before: Entry | undefined,
  all: readonly NodeCondition[],
  worst: NodeCondition,
): Omit<Entry, 'unwell' | 'rank'> {
  const only = all.length === 1 ? worst.entity : undefined
  const health = worst.health
  const since = sinceOf(worst, all)
  if (before === undefined) return { since, exact: only !== undefined, health, only }
  if (before.health !== health) return { since, exact: true, health, only }
  // Of one entity its own word holds: it may have gone and come back unseen.
  if (only !== undefined && before.only === only) return { since, exact: true, health, only }
  return { since: before.since, exact: before.exact, health, only }
}

export function createTracker(): Tracker {
  const entries = new Map<string, Entry>()
  return {
    saw(type, conditions, now) {
      const all = conditions.toSorted(worstFirst)
      const [worst] = all
      const before = entries.get(type)
      if (worst === undefined) {
        entries.delete(type)
        return
      }
      const rank = rankOf(worst)
      const unwell = Math.max(rank, before?.rank ?? rank) > WATCHED ? now : before?.unwell
      entries.set(type, { ...follow(before, all, worst), rank, unwell })
    },
    of: (type) => entries.get(type),
  }
}
