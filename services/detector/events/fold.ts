/**
 * Repeats of one event within a second are one: monitor, reason, entity, check and second give one id and an absolute
 * count. The first goes out at once, the count follows when its second is over, so that a storm costs two messages a
 * second. What is counted here and not told yet is in memory only: the report that brought it is acknowledged when its
 * second is closed, and then as a whole, so that a detector that dies in between counts the same second again to the
 * same end. A person's word is an event of its own: none takes the place of another's who and why; and so is what its monitor
 * knows by a key, which has one id however often it is told.
 */
import {
  hashText,
  hasOwnKey,
  type Instant,
  type NodeEvent,
  type Severity,
  tellsPersonsWord,
  worseSeverity,
} from '#model'

/** Different events remembered at a time; beyond it the oldest is told with the count it has, and let go. */
export const FOLD_MAX = 4096
const WINDOW_MS = 1000
/** A second that is over is closed when nothing more of it came for this long, */
const IDLE_MS = 250
/** and in any case after this. */
const OPEN_MAX_MS = 3000
/** Kept so much longer: a late report of the same second goes on with its count. */
const KEPT_MS = 10_000
/** An event this much older than its report is told by that report alone: its second was closed long before. */
const LATE_MS = 5000

interface Fold {
  event: NodeEvent
  /** The count that went out last. */
  toldCount: number
  /** When the window began or was opened again, on the monotonic clock. */
  beganMs: number
  /** When the last occurrence came, on the monotonic clock. */
  takenMs: number
  /** The wall clock's second, in milliseconds. */
  readonly secondMs: number
  /** Everything it counts has been told. */
  isClosed: boolean
}

/** Occurrences that are not told, since their monitor has no room for them on the bus. */
export interface Shed {
  readonly monitor: string
  readonly severity: Severity
  readonly count: number
}

/** What goes out, which windows are closed by it, and what there is no room for. */
export interface Told {
  readonly events: readonly NodeEvent[]
  readonly closed: readonly string[]
  readonly shed: readonly Shed[]
}

export interface EventFold {
  /** How many windows hold what is not told yet. */
  readonly open: number
  /** Whether this window holds what is not told yet. */
  isOpen(id: string): boolean
  /**
   * Takes one occurrence (or several, by its count). The first of its second goes out now.
   * @param report when the report says that it was made, and its name: it tells a late event's second apart
   * @returns the window's id, undefined where there was no room to open one, or it needs none; and what goes out
   */
  take(
    event: NodeEvent,
    report: { readonly time: Date; readonly name: string },
    monoMs: number,
  ): Told & { readonly id: string | undefined }
  /** Windows that are over, with their counts where those grew. */
  due(now: Instant): Told
  /** Everything that is not told yet, at the end. */
  rest(): Told
}

/** Names the window by the wall clock's second of its first occurrence, so that a redelivery names the same one. */
function foldedId(event: NodeEvent, report: { readonly time: Date; readonly name: string }): string {
  const second = Math.floor(event.firstSeen.getTime() / WINDOW_MS)
  const word = tellsPersonsWord(event) ? [event.id] : []
  const told = hashText([event.entity, event.check, ...word].join('\u0000'))
  const id = `${event.monitor}.${event.reason}.${told}.${second}`
  return report.time.getTime() - event.firstSeen.getTime() > LATE_MS ? `${id}.${report.name}` : id
}

/** Names an event that its monitor knows by a key. */
function keyedId({ id, monitor, reason, entity, check }: NodeEvent): string {
  return `${monitor}.${reason}.${hashText([entity, check, id].join('\u0000'))}`
}

function shedOf({ monitor, severity }: NodeEvent, count: number): Shed {
  return { monitor, severity, count }
}

/** @param offer takes what goes out, or says that there is no room for it */
export function createEventFold(offer: (event: NodeEvent) => boolean = () => true): EventFold {
  const folds = new Map<string, Fold>()
  let open = 0

  /** Its count, where that grew since it was told. */
  function close(fold: Fold): Pick<Told, 'events' | 'shed'> {
    const { event, toldCount, isClosed } = fold
    if (!isClosed) open--
    fold.isClosed = true
    // Who goes on with it brings words of its own.
    fold.event = { ...event, message: '' }
    if (isClosed || event.count === toldCount) return { events: [], shed: [] }
    fold.toldCount = event.count
    return offer(event) ? { events: [event], shed: [] } : { events: [], shed: [shedOf(event, event.count - toldCount)] }
  }

  function closeAll(windows: readonly (readonly [string, Fold])[]): Told {
    const closings = windows.map(([, fold]) => close(fold))
    return {
      events: closings.flatMap(({ events }) => events),
      shed: closings.flatMap(({ shed }) => shed),
      closed: windows.map(([id]) => id),
    }
  }

  function letOldestGo(): Told {
    const [oldest] = folds
    if (oldest === undefined) return closeAll([])
    folds.delete(oldest[0])
    return closeAll([oldest])
  }

  function isOver({ beganMs, takenMs, secondMs }: Fold, { wall, monoMs }: Instant): boolean {
    if (monoMs - beganMs >= OPEN_MAX_MS) return true
    return wall.getTime() >= secondMs + WINDOW_MS && monoMs - takenMs >= IDLE_MS
  }

  /** Nothing is counted of it: its monitor tells it again with the same id, when it was killed. */
  function takeKeyed(event: NodeEvent): Told & { readonly id: undefined } {
    const first = { ...event, id: keyedId(event) }
    const isTaken = offer(first)
    return {
      id: undefined,
      events: isTaken ? [first] : [],
      closed: [],
      shed: isTaken ? [] : [shedOf(first, first.count)],
    }
  }

  return {
    get open() {
      return open
    },
    isOpen: (id) => folds.get(id)?.isClosed === false,
    take(event, report, monoMs) {
      if (hasOwnKey(event)) return takeKeyed(event)
      const id = foldedId(event, report)
      const known = folds.get(id)
      if (known === undefined) {
        const first = { ...event, id }
        if (!offer(first)) return { id: undefined, events: [], closed: [], shed: [shedOf(first, first.count)] }
        const gone = folds.size >= FOLD_MAX ? letOldestGo() : closeAll([])
        const secondMs = Math.floor(event.firstSeen.getTime() / WINDOW_MS) * WINDOW_MS
        const times = { beganMs: monoMs, takenMs: monoMs, secondMs }
        folds.set(id, { event: first, toldCount: first.count, isClosed: false, ...times })
        open++
        return { ...gone, id, events: [...gone.events, first] }
      }
      if (known.isClosed) {
        known.isClosed = false
        known.beganMs = monoMs
        open++
      }
      known.takenMs = monoMs
      known.event = {
        ...known.event,
        message: event.message,
        severity: worseSeverity(known.event.severity, event.severity),
        lastSeen: new Date(Math.max(event.lastSeen.getTime(), known.event.lastSeen.getTime())),
        count: known.event.count + event.count,
      }
      return { ...closeAll([]), id }
    },
    due(now) {
      const over: [string, Fold][] = []
      for (const [id, fold] of folds) {
        if (!fold.isClosed && isOver(fold, now)) over.push([id, fold])
        else if (fold.isClosed && now.monoMs - fold.takenMs >= KEPT_MS) folds.delete(id)
      }
      return closeAll(over)
    },
    rest: () => closeAll([...folds].filter(([, fold]) => !fold.isClosed)),
  }
}
