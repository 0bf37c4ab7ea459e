/** Everything the page knows, in cells that its parts follow. */
import type { ConditionView, MonitorView, NodeView, StreamMessage } from '#view'
import type { Window } from '../draw/axis.ts'
import { createHistoryFeed, type Histories, type HistoryFeed } from '../feed/history.ts'
import type { Link } from '../feed/link.ts'
import { createNodeClock, type NodeClock } from '../feed/node-clock.ts'
import { openStream } from '../feed/stream.ts'
import { type Range, rangeSpec, readRange, readTarget, USUAL, usualRange, writeRange } from './address.ts'
import { applyMessage } from './apply.ts'
import { type Cell, createCell, createFrames, type Frames } from './cell.ts'
import { createTicker, type Ticker } from './ticker.ts'

export interface Page {
  readonly clock: NodeClock
  readonly frames: Frames
  readonly ticker: Ticker
  /** As the exporter last said; undefined before it said anything. */
  readonly node: Cell<NodeView | undefined>
  readonly link: Cell<Link>
  /** When the last message came, on the node's clock. */
  heardMs(): number
  readonly range: Cell<Range>
  readonly histories: Cell<Histories>
  /** The instant that is read out, epoch milliseconds; undefined: now. */
  readonly cursor: Cell<number | undefined>
  /** The span of time that ribbon and graphs show, ending now; it stands still while an instant is read out. */
  readonly window: Cell<Window>
  /** Id of the element that the address points to, or "". */
  readonly target: Cell<string>
  showRange(range: Range): void
  retryNow(): void
}

function moved<T extends ConditionView | MonitorView>(
  news: readonly T[],
  known: ReadonlyMap<string, T>,
  id: (item: T) => string,
): boolean {
  return news.some((item) => known.get(id(item))?.level !== item.level)
}

/** Whether a lane of the ribbon has become another. New proof of the same state has not. */
function movesLanes(message: StreamMessage, before: NodeView | undefined): boolean {
  if (before === undefined || message.kind === 'beat' || message.kind === 'samples') return false
  const news = message.kind === 'node' ? message.node : message
  if (message.kind === 'change' && message.events.length + message.removed.length > 0) return true
  const problems = new Map([...before.problems, ...before.resolved].map((one) => [one.fingerprint, one.revision]))
  const conditions = new Map(news.conditions.length > 0 ? before.conditions.map((one) => [one.id, one]) : [])
  const monitors = new Map(before.monitors.map((one) => [one.name, one]))
  return (
    news.problems.some(({ fingerprint, revision }) => problems.get(fingerprint) !== revision) ||
    moved(news.conditions, conditions, ({ id }) => id) ||
    moved(news.monitors, monitors, ({ name }) => name) ||
    news.monitors.some(({ name, restarts }) => monitors.get(name)?.restarts !== restarts)
  )
}

/** The window moves on by this part of itself: about a pixel. */
const WINDOW_STEPS = 800

function windowOf(range: Range, nowMs: number): Window {
  return { from: nowMs - rangeSpec(range).spanMs, to: nowMs }
}

async function askStatus(url: URL): Promise<NodeView | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    return response.ok ? ((await response.json()) as NodeView) : undefined
  } catch {
    // The stream says the same, and says it when it cannot be had.
    return undefined
  }
}

/** Starts to listen. It does so until the page is closed. */
export function openPage(base: string): Page {
  const frames = createFrames()
  const clock = createNodeClock(
    () => performance.now(),
    () => Date.now(),
  )
  const node = createCell<NodeView | undefined>(undefined, frames)
  const link = createCell<Link>({ state: 'connecting' }, frames)
  const asked = readRange(location.search)
  const range = createCell(asked ?? USUAL, frames)
  const histories = createCell<Histories>({}, frames)
  const cursor = createCell<number | undefined>(undefined, frames)
  const window = createCell(windowOf(range.value, clock.now()), frames)
  const ticker = createTicker(clock)
  const target = createCell(readTarget(location.hash), frames)
  let heardMs = clock.now()

  const history: HistoryFeed = createHistoryFeed({
    url: (asked) => new URL(`history?range=${asked}`, base),
    cell: histories,
    reachable: () => link.value.state !== 'lost',
  })

  function take(message: StreamMessage): void {
    clock.heard(message.kind === 'node' ? message.node.at : message.at)
    heardMs = clock.now()
    if (node.value === undefined) window.set(windowOf(range.value, heardMs))
    if (message.kind === 'samples') history.addSamples(message.at, message.values)
    if (movesLanes(message, node.value)) history.changed()
    node.set(applyMessage(node.value, message))
  }

  let chosen = asked !== undefined
  function show(next: Range): void {
    range.set(next)
    window.set(windowOf(next, clock.now()))
    history.show(next)
  }

  /** Unless a reader has chosen meanwhile. */
  function showUsual(usual: Range): void {
    if (!chosen) show(usual)
  }

  const stream = openStream({
    url: new URL('stream', base),
    onMessage: take,
    onLink: (next) => {
      if (next.state === 'live' && link.value.state === 'lost') history.changed()
      link.set(next)
    },
  })
  void askStatus(new URL('status', base)).then((view) => {
    if (view !== undefined && node.value === undefined) take({ kind: 'node', node: view })
    if (asked !== undefined) history.show(asked)
    else void history.lastHour().then((lastHour) => showUsual(usualRange(lastHour)))
  })

  ticker.each((nowMs) => {
    const { from, to } = window.value
    const movedMs = nowMs - to
    if (cursor.value === undefined && Math.abs(movedMs) >= (to - from) / WINDOW_STEPS) {
      window.set(windowOf(range.value, nowMs))
    }
  })
  addEventListener('hashchange', () => target.set(readTarget(location.hash)))
  addEventListener('online', () => stream.retryNow())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') stream.retryNow()
  })

  return {
    clock,
    frames,
    ticker,
    node,
    link,
    heardMs: () => heardMs,
    range,
    histories,
    cursor,
    window,
    target,
    showRange(next) {
      chosen = true
      cursor.set(undefined)
      globalThis.history.replaceState(null, '', writeRange(next, location.hash))
      show(next)
    },
    retryNow: () => stream.retryNow(),
  }
}
