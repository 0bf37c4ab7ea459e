/** What is remembered of what each rule matched: by entity, bounded. Pure. */
import type { Rule } from './types.ts'
import { countedIn, isWithin } from './window.ts'

/** Entities of one rule at a time. */
export const ENTITIES_MAX = 256
/** An event's problem is over when it is absent for so long, and an entity is remembered as long at least. */
export const EVENT_ABSENT_MS = 600_000

/** What is remembered of an entity. */
export interface SeenEntity {
  /** When the last line matched, by the lines' times. */
  lastMs: number
  /** Of the threshold. */
  times: readonly number[]
  /** When an event was told last. */
  toldMs: number | undefined
}

/** Entities of one rule. */
export interface SeenEntities {
  /** It matched again; undefined: there are too many others. */
  matched(entity: string, atMs: number): SeenEntity | undefined
  /** It counts anew. */
  forget(entity: string): void
  entries(): Iterable<readonly [string, SeenEntity]>
  put(entity: string, seen: SeenEntity): void
}

export function createSeenEntities({ threshold, cooldownMs }: Pick<Rule, 'threshold' | 'cooldownMs'>): SeenEntities {
  const keptMs = Math.max(EVENT_ABSENT_MS, threshold?.withinMs ?? 0, cooldownMs)
  /** Whose last match is longest ago comes first. */
  const entities = new Map<string, SeenEntity>()

  function makeRoom(atMs: number): boolean {
    const [oldest] = entities
    if (entities.size < ENTITIES_MAX || oldest === undefined) return true
    if (isWithin(atMs, oldest[1].lastMs, keptMs)) return false
    return entities.delete(oldest[0])
  }

  return {
    matched(entity, atMs) {
      const before = entities.get(entity)
      if (before === undefined && !makeRoom(atMs)) return undefined
      const seen = before ?? { lastMs: atMs, times: [], toldMs: undefined }
      seen.lastMs = atMs
      entities.delete(entity)
      entities.set(entity, seen)
      return seen
    },
    forget: (entity) => void entities.delete(entity),
    entries: () => entities.entries(),
    put: (entity, seen) => void entities.set(entity, seen),
  }
}

/** Counts one more against the threshold. @returns whether it is reached; without one it is */
export function reaches({ threshold }: Pick<Rule, 'threshold'>, seen: SeenEntity, atMs: number): boolean {
  if (threshold === undefined) return true
  const { times, isFull } = countedIn(seen.times, atMs, threshold)
  seen.times = times
  return isFull
}
