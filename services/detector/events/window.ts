/** One second of one event: what was counted of it, what of that was told, and when it is over. Pure. */
import { type Instant, type NodeEvent, worseSeverity } from '#model'

const WINDOW_MS = 1000
/** A second that is over is closed when nothing more of it came for this long, */
const IDLE_MS = 250
/** and in any case after this. */
const OPEN_MAX_MS = 3000
/** Kept so much longer: a late report of the same second goes on with its count. */
const KEPT_MS = 10_000

/** Open until all that it counts has been told. */
export interface Window {
  /** With the count of all occurrences. */
  readonly event: NodeEvent
  /** The count that went out last. */
  readonly toldCount: number
  /** When it began or was opened again, on the monotonic clock. */
  readonly beganMs: number
  /** When the last occurrence came, on the monotonic clock. */
  readonly takenMs: number
  /** The wall clock's second, in milliseconds. */
  readonly secondMs: number
  readonly isClosed: boolean
}

/** The wall clock's second of an event's first occurrence, since 1970. */
export function secondOf({ firstSeen }: Pick<NodeEvent, 'firstSeen'>): number {
  return Math.floor(firstSeen.getTime() / WINDOW_MS)
}

/** With its first occurrence, which goes out at once. */
export function opened(event: NodeEvent, monoMs: number): Window {
  const times = { beganMs: monoMs, takenMs: monoMs, secondMs: secondOf(event) * WINDOW_MS }
  return { event, toldCount: event.count, isClosed: false, ...times }
}

/** With one occurrence more (or several, by its count); one that was closed is open again. */
export function counted(window: Window, more: NodeEvent, monoMs: number): Window {
  const { event, isClosed, beganMs } = window
  return {
    ...window,
    isClosed: false,
    beganMs: isClosed ? monoMs : beganMs,
    takenMs: monoMs,
    event: {
      ...event,
      message: more.message,
      severity: worseSeverity(event.severity, more.severity),
      lastSeen: new Date(Math.max(more.lastSeen.getTime(), event.lastSeen.getTime())),
      count: event.count + more.count,
    },
  }
}

/** How many occurrences were counted since it was told. */
export function untold({ event, toldCount }: Window): number {
  return event.count - toldCount
}

/** All that it counts is told, or shed. */
export function closed(window: Window): Window {
  // Who goes on with it brings words of its own.
  return { ...window, event: { ...window.event, message: '' }, toldCount: window.event.count, isClosed: true }
}

/** Whether nothing more of its second is waited for. */
export function isOver({ beganMs, takenMs, secondMs }: Window, { wall, monoMs }: Instant): boolean {
  if (monoMs - beganMs >= OPEN_MAX_MS) return true
  return wall.getTime() >= secondMs + WINDOW_MS && monoMs - takenMs >= IDLE_MS
}

/** Whether a closed one is kept no longer. */
export function isForgotten({ isClosed, takenMs }: Window, { monoMs }: Pick<Instant, 'monoMs'>): boolean {
  return isClosed && monoMs - takenMs >= KEPT_MS
}
