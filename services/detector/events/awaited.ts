/** For which readers of a stream the detector keeps room. Pure; time is an argument. */
import type { StreamStanding } from '#bus'

/** One that is not on the bus for this long is not waited for: it does not run here, or was taken away. */
const ABSENT_MS = 600_000
/** Longer between two looks, and nobody knows what was in between. */
const LOOKS_APART_MS = 60_000

export interface Awaited {
  /** Who is on the bus now. */
  saw(present: ReadonlySet<string>, services: readonly string[], nowMs: number): void
  /** Up to where all who are waited for have taken the stream. */
  takenUpTo(stream: string, standing: StreamStanding): number
}

/** @param absent services that do not run here; one that reads all the same is waited for from then on */
export function createAwaited(absent: readonly string[] = []): Awaited {
  const absentSince = new Map<string, number>()
  /** Who is not waited for, and where it stood in each stream when that was first counted: one that has moved since is back. */
  const givenUp = new Map<string, Map<string, number>>(absent.map((service) => [service, new Map()]))
  let lookedMs = Number.NEGATIVE_INFINITY

  function isAwaited(stream: string, service: string, takenUpTo: number): boolean {
    const stood = givenUp.get(service)
    if (stood === undefined) return true
    if (!stood.has(stream)) stood.set(stream, takenUpTo)
    if (stood.get(stream) === takenUpTo) return false
    givenUp.delete(service)
    absentSince.delete(service)
    return true
  }

  return {
    saw(present, services, nowMs) {
      if (nowMs - lookedMs > LOOKS_APART_MS) absentSince.clear()
      lookedMs = nowMs
      for (const service of services) {
        if (present.has(service)) {
          absentSince.delete(service)
          givenUp.delete(service)
        } else if (!absentSince.has(service)) absentSince.set(service, nowMs)
        else if (nowMs - (absentSince.get(service) ?? nowMs) >= ABSENT_MS && !givenUp.has(service))
          givenUp.set(service, new Map())
      }
    },
    takenUpTo(stream, { firstSequence, lastSequence, readers }) {
      const awaited = readers.filter(({ service, takenUpTo }) => isAwaited(stream, service, takenUpTo))
      const byAll = Math.min(lastSequence, ...awaited.map(({ takenUpTo }) => takenUpTo))
      // What fell out of the stream takes no room.
      return Math.max(firstSequence - 1, byAll)
    },
  }
}
