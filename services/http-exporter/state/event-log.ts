/** The last events, newest first, each once. */
import { cutText } from '#model'
import type { EventView } from '#view'

export const EVENTS_KEPT = 500
/** What the messages of all may have in UTF-16 units; beyond it the oldest keep their beginnings. */
export const MESSAGES_KEPT = 1024 ** 2
const BEGINNING = 1024

export interface EventLog {
  /** @returns whether it is news: not known with this count */
  add(event: EventView): boolean
  /** Newest first. */
  last(limit: number): readonly EventView[]
}

export function createEventLog(): EventLog {
  const events = new Map<string, EventView>()
  let length = 0

  function remove(event: EventView | undefined): void {
    if (event === undefined) return
    events.delete(event.id)
    length -= event.message.length
  }

  function shorten(): void {
    for (const [id, event] of events) {
      if (length <= MESSAGES_KEPT) return
      const message = cutText(event.message, BEGINNING)
      length += message.length - event.message.length
      if (message !== event.message) events.set(id, { ...event, message })
    }
  }

  return {
    add(event) {
      const known = events.get(event.id)
      // A detector that died counts the same second again: what it told before stands until it is passed.
      if (known !== undefined && event.count < known.count) return false
      if (known !== undefined && known.count === event.count && known.lastSeen === event.lastSeen) return false
      remove(known)
      events.set(event.id, event)
      length += event.message.length
      if (events.size > EVENTS_KEPT) remove(events.values().next().value)
      shorten()
      return true
    },
    last(limit) {
      const all = [...events.values()].reverse()
      return all.sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : a.lastSeen > b.lastSeen ? -1 : 0)).slice(0, limit)
    },
  }
}
