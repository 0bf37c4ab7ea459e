/** The view that everybody has, and the messages that lead from one to the next: changes within {@link COALESCE_MS} are one. */
import type { Liveness } from '#model'
import type { Clock } from '#service'
import { diffNodeViews, type EventView, type NodeView, type StreamMessage } from '#view'

/** Longest wait of a change for others to go with it. */
export const COALESCE_MS = 10

/** A view is rendered anew at least this often: the age of proofs is part of it. */
const REFRESH_MS = 5000
/** Whoever asks gets none that is older. */
const FRESH_MS = 1000

export interface ShownView {
  /** A message follows within the time of {@link COALESCE_MS}. */
  changed(): void
  /** An event to go out with the next message. */
  event(view: EventView): void
  /** The node as it is now. Tells listeners first if that is news to them. */
  view(): NodeView
  /** Called with each change, and with the view it leads to. Returns its own removal. */
  onMessage(listener: (message: StreamMessage, view: NodeView) => void): () => void
  /** Looks whether time alone changed something. Every second. */
  tick(detector: Liveness): void
  /** Ends its timer. */
  close(): void
}

export function createShownView(clock: Clock, render: () => NodeView): ShownView {
  const listeners = new Set<(message: StreamMessage, view: NodeView) => void>()
  let events: EventView[] = []
  let callOff: (() => void) | undefined
  let dirty = true
  let shown: { readonly view: NodeView; readonly monoMs: number } | undefined

  function changed(): void {
    dirty = true
    callOff ??= clock.after(COALESCE_MS, refresh)
  }

  function close(): void {
    callOff?.()
    callOff = undefined
  }

  function refresh(): NodeView {
    close()
    const before = shown?.view
    const view = render()
    const news = events
    events = []
    dirty = false
    shown = { view, monoMs: clock.monotonicMs() }
    const message = before === undefined ? undefined : diffNodeViews(before, view, news)
    if (message !== undefined) for (const listener of listeners) listener(message, view)
    return view
  }

  function isOld(atLeastMs: number): boolean {
    return shown === undefined || clock.monotonicMs() - shown.monoMs >= atLeastMs
  }

  return {
    changed,
    close,
    event(view) {
      events.push(view)
      changed()
    },
    view: () => (shown === undefined || dirty || isOld(FRESH_MS) ? refresh() : shown.view),
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tick({ state, behindSince }) {
      const before = shown?.view.detector
      const isOther =
        before?.state !== state ||
        (state === 'live' && (before.behindSince === undefined) !== (behindSince === undefined))
      if (isOld(REFRESH_MS) || isOther) refresh()
    },
  }
}
