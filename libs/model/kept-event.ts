/** Events that come back from where they were kept: whoever may write there is believed no more than a monitor. */
import { MAX_CLOCK_DIFFERENCE_MS, MAX_NAME } from './admit-words.ts'
import { MAX_ENTITY, MAX_MESSAGE, MAX_REASON } from './limits.ts'
import { cleanText } from './text.ts'
import type { NodeEvent } from './types.ts'

/** Longest id, in UTF-16 units: a monitor's name, and a key or two numbers. */
const MAX_ID = 256

/** As many as an event is ever told to have happened. */
const COUNT_MAX = 1_000_000_000

/**
 * An event as a report could have brought it: texts clean and of their length (what was verbatim too: nothing says here that it
 * was), counted once at least, seen neither later than now nor last before first.
 */
export function admitKept(event: NodeEvent, now: Date): NodeEvent {
  const latestMs = now.getTime() + MAX_CLOCK_DIFFERENCE_MS
  const isPast = (time: Date) => time.getTime() <= latestMs
  const firstSeen = isPast(event.firstSeen) ? event.firstSeen : now
  const isAfter = event.lastSeen >= firstSeen && isPast(event.lastSeen)
  return {
    id: cleanText(event.id, MAX_ID),
    monitor: cleanText(event.monitor, MAX_NAME),
    check: cleanText(event.check, MAX_NAME),
    entity: cleanText(event.entity, MAX_ENTITY),
    severity: event.severity,
    reason: cleanText(event.reason, MAX_REASON),
    message: cleanText(event.message, MAX_MESSAGE),
    firstSeen,
    lastSeen: isAfter ? event.lastSeen : firstSeen,
    count: Math.min(COUNT_MAX, Math.max(1, Math.floor(event.count) || 1)),
    source: event.source === undefined ? undefined : cleanText(event.source, MAX_NAME),
  }
}
