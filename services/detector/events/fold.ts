/**
 * Repeats of one event become one message: per monitor, reason, entity and second one id and an absolute count. The
 * first goes out at once, the count follows when its second is over, so that a storm costs two messages a second.
 */
import { hashText, type NodeEvent, worseSeverity } from '#model'

/** Different events remembered at a time; beyond it the oldest is let go with the count it has. */
export const FOLD_MAX = 4096
const WINDOW_MS = 1000

interface Fold {
  event: NodeEvent
  /** The count that went out last. */
  toldCount: number
  /** When the window began, on the monotonic clock. */
  readonly beganMs: number
}

export interface EventFold {
  /** Takes one occurrence (or several, by its count). Returns what goes out now: the first of its second, or nothing. */
  take(event: NodeEvent, monoMs: number): NodeEvent | undefined
  /** Windows that are over and whose count grew since it went out. */
  due(monoMs: number): NodeEvent[]
  /** Everything not told yet, at the end. */
  rest(): NodeEvent[]
}

/** Names the window by the wall clock's second of its first occurrence, so that a redelivery names the same one. */
function foldedId(event: NodeEvent): string {
  const second = Math.floor(event.firstSeen.getTime() / WINDOW_MS)
  return `${event.monitor}.${event.reason}.${hashText(`${event.entity}\u0000${event.check}`)}.${second}`
}

export function createEventFold(): EventFold {
  const folds = new Map<string, Fold>()

  function tell(fold: Fold): NodeEvent | undefined {
    if (fold.event.count === fold.toldCount) return undefined
    fold.toldCount = fold.event.count
    return fold.event
  }

  return {
    take(event, monoMs) {
      const id = foldedId(event)
      const known = folds.get(id)
      if (known === undefined) {
        if (folds.size >= FOLD_MAX) {
          const oldest = folds.keys().next().value
          if (oldest !== undefined) folds.delete(oldest)
        }
        const first = { ...event, id }
        folds.set(id, { event: first, toldCount: first.count, beganMs: monoMs })
        return first
      }
      known.event = {
        ...known.event,
        message: event.message,
        severity: worseSeverity(known.event.severity, event.severity),
        lastSeen: new Date(Math.max(event.lastSeen.getTime(), known.event.lastSeen.getTime())),
        count: known.event.count + event.count,
      }
      return undefined
    },
    due(monoMs) {
      const out: NodeEvent[] = []
      for (const [id, fold] of folds) {
        if (monoMs - fold.beganMs < WINDOW_MS) break
        const told = tell(fold)
        if (told !== undefined) out.push(told)
        // Kept a little longer than its window: a late report of the same second must not start a new count.
        if (monoMs - fold.beganMs >= 10 * WINDOW_MS) folds.delete(id)
      }
      return out
    },
    rest: () => [...folds.values()].map(tell).filter((event) => event !== undefined),
  }
}
