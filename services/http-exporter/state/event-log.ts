/** The last events, newest first, each once. */
import type { EventView } from '#view'

export const EVENTS_KEPT = 500

export interface EventLog {
  /** @returns whether it is news: not known with this count */
  add(event: EventView): boolean
  /** Newest first. */
  last(limit: number): readonly EventView[]
}

export function createEventLog(): EventLog {
  const events = new Map<string, EventView>()
  return {
    add(event) {
      const known = events.get(event.id)
      // A detector that died counts the same second again: what it told before stands until it is passed.
      if (known !== undefined && event.count < known.count) return false
      if (known !== undefined && known.count === event.count && known.lastSeen === event.lastSeen) return false
      events.delete(event.id)
      events.set(event.id, event)
      if (events.size > EVENTS_KEPT) {
        const [oldest] = events.keys()
        if (oldest !== undefined) events.delete(oldest)
      }
      return true
    },
    last(limit) {
      const all = [...events.values()].reverse()
      return all.sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : a.lastSeen > b.lastSeen ? -1 : 0)).slice(0, limit)
    },
  }
}
