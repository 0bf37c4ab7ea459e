/**
 * What this exporter knows of the node, and the one view of it that everything shows. Changes become messages at once,
 * those within a moment one.
 */
import type { Evidence, Liveness, MetricDescriptor, MonitorState, NodeCondition, Problem } from '#model'
import { createListening } from '#node-feed'
import type { Clock } from '#service'
import {
  cleanSeriesKey,
  createViewMemo,
  type EventView,
  NO_REMEDIATION,
  type NodeFacts,
  type NodeView,
  renderNodeView,
  type StreamMessage,
} from '#view'
import { type Graphs, graphsOf } from '../history/display.ts'
import { createFactTable, type FactTable } from './fact-table.ts'
import { createShownView } from './shown-view.ts'

export interface NodeStateOptions {
  readonly clock: Clock
  readonly node: NodeView['node']
  readonly settings: NodeView['settings']
  /** Of repairs: of the node, and of each problem. Default: none is heard of. */
  readonly repairs?: () => Pick<NodeFacts, 'remediation' | 'repairs'>
  /** Called when a table has its first snapshot. */
  readonly onKnown?: () => void
}

export interface NodeState {
  readonly conditions: FactTable<NodeCondition>
  readonly problems: FactTable<Problem>
  readonly monitors: FactTable<MonitorState>
  /** What is known of repairs is another than before. */
  repairsChanged(): void
  /** An event to go out with the next message. */
  event(view: EventView): void
  /** The detector lives; `waitMs` is how long what it has to say does not get through . */
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

/** What of a detector's voice is shown, and would be news. */
function isOtherVoice(a: Liveness, b: Liveness): boolean {
  return a.state !== b.state || (a.behindSince === undefined) !== (b.behindSince === undefined)
}

export function createNodeState(options: NodeStateOptions): NodeState {
  const { clock, node, settings, onKnown = () => undefined } = options
  const { repairs = () => ({ remediation: NO_REMEDIATION }) } = options
  const memo = createViewMemo()
  const voice = createListening(clock)
  let bootId = node.bootId
  const conditions = createFactTable<NodeCondition>(() => shown.changed(), onKnown)
  const problems = createFactTable<Problem>(() => shown.changed(), onKnown)
  const monitors = createFactTable<MonitorState>(() => shown.changed(), onKnown)

  function render(): NodeView {
    return renderNodeView(
      {
        node: { ...node, bootId },
        detector: voice.liveness(),
        conditions: conditions.values.values(),
        problems: problems.values.values(),
        monitors: [...monitors.values.values()],
        settings,
        ...repairs(),
      },
      clock.now(),
      memo,
    )
  }
  const shown = createShownView(clock, render)

  return {
    conditions,
    problems,
    monitors,
    repairsChanged: shown.changed,
    event: shown.event,
    heartbeat(boot, waitMs = 0) {
      const before = voice.liveness()
      voice.heard(waitMs)
      if (isOtherVoice(before, voice.liveness()) || boot !== bootId) shown.changed()
      if (boot !== '') bootId = boot
    },
    liveness: voice.liveness,
    heartbeatAgeMs: voice.ageMs,
    view: shown.view,
    onMessage: shown.onMessage,
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
    tick: () => shown.tick(voice.liveness()),
    close: shown.close,
  }
}
