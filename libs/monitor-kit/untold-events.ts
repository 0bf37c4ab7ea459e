/** What happened since CheckHealth was answered last: kept, bounded, and what of it is not kept is counted. */
import { compareSeverity, type NodeEvent } from '#model'

/** Events kept for the next answer. */
export const UNTOLD_MAX = 100

/** What did not find room. */
export interface Dropped {
  readonly count: number
  /** When the last of them happened. */
  readonly last: Date
}

/** Events on their way to an answer. */
export interface UntoldEvents {
  /** There is no room for more: who can wait for the next answer waits. */
  readonly isFull: boolean
  /**
   * Keeps them, behind all others.
   * @param isHeld a cursor stands behind them: who told them waits while it is full
   */
  add(events: readonly NodeEvent[], isHeld: boolean): void
  /** All that is kept, and what was not; from then on nothing is. */
  take(): { readonly events: readonly NodeEvent[]; readonly dropped: Dropped | undefined }
}

interface Untold {
  readonly event: NodeEvent
  readonly isHeld: boolean
}

function bySeverity(one: Untold, other: Untold): number {
  return compareSeverity(one.event.severity, other.event.severity)
}

/**
 * @param mayTake the next answer may be all that anybody hears of it: then what a cursor stands behind stays, and of the rest the least
 * severe goes first, of the same the oldest; else the oldest of all
 */
export function createUntoldEvents(mayTake: () => boolean): UntoldEvents {
  let untold: Untold[] = []
  let dropped: Dropped | undefined

  function cut(): void {
    const many = untold.length - UNTOLD_MAX
    if (many <= 0) return
    const going = mayTake() ? untold.filter(({ isHeld }) => !isHeld).toSorted(bySeverity) : untold
    const gone = new Set(going.slice(0, many))
    const last = Math.max(dropped?.last.getTime() ?? 0, ...[...gone].map(({ event }) => event.lastSeen.getTime()))
    if (gone.size > 0) dropped = { count: (dropped?.count ?? 0) + gone.size, last: new Date(last) }
    untold = untold.filter((one) => !gone.has(one))
  }

  return {
    get isFull() {
      return untold.length >= UNTOLD_MAX
    },
    add(events, isHeld) {
      for (const event of events) untold.push({ event, isHeld })
      cut()
    },
    take() {
      const taken = { events: untold.map(({ event }) => event), dropped }
      untold = []
      dropped = undefined
      return taken
    },
  }
}
