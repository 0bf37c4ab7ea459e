/**
 * Repeats of one event within a second are one: monitor, reason, entity, check and second give one id and an absolute
 * count. The first goes out at once, the count follows when its second is over, so that a storm costs two messages a
 * second. What is counted here and not told yet is in memory only: the report that brought it is acknowledged when its
 * second is closed, and then as a whole, so that a detector that dies in between counts the same second again to the
 * same end. Of what passes on another source's words the text is part of what it is. A person's word is an event of its own:
 * none takes the place of another's who and why; and so is what its monitor knows by a key, which has one id however often it
 * is told.
 */
import { hasOwnKey, type Instant, type NodeEvent, type Severity } from '#model'
import { foldedId, keyedId, type ToldBy } from './event-ids.ts'
import { closed, counted, isForgotten, isOver, opened, untold, type Window } from './window.ts'

/** Different events remembered at a time; beyond it the oldest is told with the count it has, and let go. */
export const FOLD_MAX = 4096

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
   * @returns the window's id, undefined where there was no room to open one, or it needs none; and what goes out
   */
  take(event: NodeEvent, report: ToldBy, monoMs: number): Told & { readonly id: string | undefined }
  /** Windows that are over, with their counts where those grew. */
  due(now: Instant): Told
  /** Everything that is not told yet, at the end. */
  rest(): Told
}

/** What {@link EventFold.take} leads to. */
type Taken = Told & { readonly id: string | undefined }
type Named = readonly [id: string, window: Window]

interface Folding {
  readonly offer: (event: NodeEvent) => boolean
  /** By id, the oldest first. */
  readonly windows: Map<string, Window>
  open: number
}

const NOTHING: Told = { events: [], closed: [], shed: [] }

function shedOf({ monitor, severity }: NodeEvent, count: number): Shed {
  return { monitor, severity, count }
}

/** What goes out of it where there is room, else so many of its occurrences shed. */
function offered({ offer }: Folding, event: NodeEvent, count: number): Pick<Told, 'events' | 'shed'> {
  return offer(event) ? { events: [event], shed: [] } : { events: [], shed: [shedOf(event, count)] }
}

/** Its count, where that grew since it was told. */
function close(folding: Folding, [id, window]: Named): Pick<Told, 'events' | 'shed'> {
  if (!window.isClosed) folding.open--
  if (folding.windows.has(id)) folding.windows.set(id, closed(window))
  const count = untold(window)
  return count === 0 ? NOTHING : offered(folding, window.event, count)
}

function closeAll(folding: Folding, windows: readonly Named[]): Told {
  const closings = windows.map((one) => close(folding, one))
  return {
    events: closings.flatMap(({ events }) => events),
    shed: closings.flatMap(({ shed }) => shed),
    closed: windows.map(([id]) => id),
  }
}

/** Makes room for one more. */
function letOldestGo(folding: Folding): Told {
  const { windows } = folding
  const [oldest] = windows
  if (windows.size < FOLD_MAX || oldest === undefined) return NOTHING
  windows.delete(oldest[0])
  return closeAll(folding, [oldest])
}

/** Nothing is counted of it: its monitor tells it again with the same id, when it was killed. */
function takeKeyed(folding: Folding, event: NodeEvent): Taken {
  return { ...offered(folding, { ...event, id: keyedId(event) }, event.count), id: undefined, closed: [] }
}

/** The first of its second opens a window, where there is room for it. */
function takeFirst(folding: Folding, first: NodeEvent, monoMs: number): Taken {
  const { events, shed } = offered(folding, first, first.count)
  if (events.length === 0) return { ...NOTHING, id: undefined, shed }
  const gone = letOldestGo(folding)
  folding.windows.set(first.id, opened(first, monoMs))
  folding.open++
  return { ...gone, id: first.id, events: [...gone.events, first] }
}

function takeMore(
  folding: Folding,
  [id, window]: Named,
  { event, monoMs }: { event: NodeEvent; monoMs: number },
): Taken {
  if (window.isClosed) folding.open++
  folding.windows.set(id, counted(window, event, monoMs))
  return { ...NOTHING, id }
}

function due(folding: Folding, now: Instant): Told {
  const over: Named[] = []
  for (const [id, window] of folding.windows) {
    if (!window.isClosed && isOver(window, now)) over.push([id, window])
    else if (isForgotten(window, now)) folding.windows.delete(id)
  }
  return closeAll(folding, over)
}

/** @param offer takes what goes out, or says that there is no room for it. Default: there always is */
export function createEventFold(offer: (event: NodeEvent) => boolean = () => true): EventFold {
  const folding: Folding = { offer, windows: new Map(), open: 0 }
  const { windows } = folding
  return {
    get open() {
      return folding.open
    },
    isOpen: (id) => windows.get(id)?.isClosed === false,
    take(event, report, monoMs) {
      if (hasOwnKey(event)) return takeKeyed(folding, event)
      const id = foldedId(event, report)
      const known = windows.get(id)
      if (known === undefined) return takeFirst(folding, { ...event, id }, monoMs)
      return takeMore(folding, [id, known], { event, monoMs })
    },
    due: (now) => due(folding, now),
    rest: () =>
      closeAll(
        folding,
        [...windows].filter(([, window]) => !window.isClosed),
      ),
  }
}
