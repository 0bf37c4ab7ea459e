/**
 * What this exporter knows of the node, and the one view of it that everything shows. Changes become messages at once,
 * those within {@link COALESCE_MS} one.
 */
import {
  BEHIND_AFTER_MS,
  detectorState,
  type Evidence,
  type Liveness,
  type MetricDescriptor,
  type MonitorState,
  type NodeCondition,
  type Problem,
} from '#model'
import type { Clock } from '#service'
import {
  cleanSeriesKey,
  createViewMemo,
  diffNodeViews,
  type EventView,
  NO_REMEDIATION,
  type NodeView,
  renderNodeView,
  type StreamMessage,
} from '#view'
import { type Graphs, graphsOf } from '../history/display.ts'

/** Longest wait of a change for others to go with it. */
export const COALESCE_MS = 10

/** A view is rendered anew at least this often: the age of proofs is part of it. */
const REFRESH_MS = 5000

export interface NodeStateOptions {
  readonly clock: Clock
  readonly node: NodeView['node']
  readonly settings: NodeView['settings']
  /** Called when a table has its first snapshot. */
  readonly onKnown?: () => void
}

/** Facts of one kind by the key of their bucket. */
export interface FactTable<T> {
  readonly values: ReadonlyMap<string, T>
  /** The first snapshot has come. */
  readonly known: boolean
  replace(values: ReadonlyMap<string, T>): void
  put(key: string, value: T): void
  delete(key: string): void
}

export interface NodeState {
  readonly conditions: FactTable<NodeCondition>
  readonly problems: FactTable<Problem>
  readonly monitors: FactTable<MonitorState>
  /** An event to go out with the next message. */
  event(view: EventView): void
  /** The detector lives; `waitMs` is how long what it has to say does not get through ({@link waitOf}). */
  heartbeat(bootId: string, waitMs?: number): void
  liveness(): Liveness
  /** Since the last heartbeat, on the monotonic clock; undefined before the first. */
  heartbeatAgeMs(): number | undefined
  /** The node as it is now. Tells listeners first if that is news to them. */
  view(): NodeView
  /** Called with each change, and with the view it leads to. Returns its own removal. */
  onMessage(listener: (message: StreamMessage, view: NodeView) => void): () => void
  /** What a monitor declares of a metric. */
  described(monitor: string, name: string): MetricDescriptor | undefined
  /** What monitors declare to be drawn of the machine. */
  graphs(): Graphs
  /** What conditions name as their evidence, by series key. */
  evidence(): ReadonlyMap<string, Evidence>
  /** Looks whether time alone changed something. Every second. */
  tick(): void
  /** Ends its timer. */
  close(): void
}

function createTable<T>(changed: () => void, onKnown: () => void): FactTable<T> {
  let values = new Map<string, T>()
  let known = false
  return {
    get values() {
      return values
    },
    get known() {
      return known
    },
    replace(all) {
      values = new Map(all)
      const isFirst = !known
      known = true
      changed()
      if (isFirst) onKnown()
    },
    put(key, value) {
      values.set(key, value)
      changed()
    },
    delete(key) {
      if (values.delete(key)) changed()
    },
  }
}

export function createNodeState({ clock, node, settings, onKnown = () => undefined }: NodeStateOptions): NodeState {
  const memo = createViewMemo()
  const listeners = new Set<(message: StreamMessage, view: NodeView) => void>()
  const listeningSince = clock.now()
  const listeningSinceMs = clock.monotonicMs()
  let bootId = node.bootId
  let heartbeat: { readonly wall: Date; readonly monoMs: number; readonly behind: boolean } | undefined
  let events: EventView[] = []
  let timer: NodeJS.Timeout | undefined
  let dirty = true
  let shown: { readonly view: NodeView; readonly monoMs: number } | undefined

  const conditions = createTable<NodeCondition>(changed, onKnown)
  const problems = createTable<Problem>(changed, onKnown)
  const monitors = createTable<MonitorState>(changed, onKnown)

  function changed(): void {
    dirty = true
    timer ??= setTimeout(refresh, COALESCE_MS)
  }

  function ageMs(): number | undefined {
    return heartbeat === undefined ? undefined : clock.monotonicMs() - heartbeat.monoMs
  }

  function liveness(): Liveness {
    const state = detectorState(ageMs(), clock.monotonicMs() - listeningSinceMs)
    // A detector that is not heard brings nothing through either.
    const isBehind = heartbeat?.behind === true || (ageMs() ?? 0) >= BEHIND_AFTER_MS
    const behindSince = isBehind ? heartbeat?.wall : undefined
    return { state, lastHeartbeat: heartbeat?.wall, behindSince, listeningSince }
  }

  function render(): NodeView {
    return renderNodeView(
      {
        node: { ...node, bootId },
        detector: liveness(),
        conditions: conditions.values.values(),
        problems: problems.values.values(),
        monitors: [...monitors.values.values()],
        settings,
        remediation: NO_REMEDIATION,
      },
      clock.now(),
      memo,
    )
  }

  function refresh(): NodeView {
    clearTimeout(timer)
    timer = undefined
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
    conditions,
    problems,
    monitors,
    event(view) {
      events.push(view)
      changed()
    },
    heartbeat(boot, waitMs = 0) {
      const { state, behindSince } = liveness()
      const wall = new Date(clock.now().getTime() - waitMs)
      heartbeat = { wall, monoMs: clock.monotonicMs() - waitMs, behind: waitMs > 0 }
      const now = liveness()
      const isOther = state !== now.state || (behindSince === undefined) !== (now.behindSince === undefined)
      if (isOther || boot !== bootId) changed()
      if (boot !== '') bootId = boot
    },
    liveness,
    heartbeatAgeMs: ageMs,
    view: () => (shown === undefined || dirty || isOld(1000) ? refresh() : shown.view),
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    described(monitor, name) {
      const known = [...monitors.values.values()].find((one) => one.name === monitor)
      return known?.metrics.find((metric) => metric.name === name)
    },
    graphs: () => graphsOf(monitors.values.values()),
    evidence() {
      const all = new Map<string, Evidence>()
      for (const { evidence } of conditions.values.values()) {
        if (evidence !== undefined && evidence.metric !== '') all.set(cleanSeriesKey(evidence.metric), evidence)
      }
      return all
    },
    tick() {
      const { state, behindSince } = liveness()
      const before = shown?.view.detector
      const isOther =
        before?.state !== state ||
        (state === 'live' && (before.behindSince === undefined) !== (behindSince === undefined))
      if (isOld(REFRESH_MS) || isOther) refresh()
    },
    close() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
