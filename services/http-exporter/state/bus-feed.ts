/** What the bus says, brought to state, history, metrics and stream. */
import type { BusReader } from '#bus'
import { followNode } from '#node-feed'
import type { Heartbeat, MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import type { Clock } from '#service'
import type { ServiceName } from '#service-table'
import { type EventView, renderEvent } from '#view'
import { fromProtoEvent, fromProtoMetric, fromProtoProblem, fromProtoSample } from '#wire'
import type { History } from '../history/history.ts'
import type { SeriesUses } from '../history/query-series.ts'
import { repairMark } from '../history/repair-marks.ts'
import type { Durations } from '../metrics/durations.ts'
import type { SampleTable } from '../metrics/sample-table.ts'
import type { NpdSeries } from '../npd/series.ts'
import type { Hub } from '../stream/hub.ts'
import type { EventLog } from './event-log.ts'
import { conditionListener, monitorListener, problemListener } from './fact-listeners.ts'
import { missedView } from './missed.ts'
import type { NodeState } from './node-state.ts'
import type { KnownRepairs } from './repair-feed.ts'
import { createSeriesFeed, type SeriesFeed, shownValues } from './series-feed.ts'
import { createUses } from './series-uses.ts'

/** Under this name it tells what it counts. */
const REMEDIATOR = 'remediator' satisfies ServiceName
/** services/remediator/metrics.ts */
const JOURNAL_WELL = 'remediator_journal_well'
const RUNNER_UP = 'remediator_runner_up'

/** Whoever has something of what the bus says. */
export interface FeedTargets {
  readonly state: NodeState
  readonly history: History
  readonly events: EventLog
  readonly hub: Hub
  readonly samples: SampleTable
  readonly npd: NpdSeries
  readonly durations: Durations
  readonly repairs: KnownRepairs
  readonly clock: Clock
  /** When the machine was; undefined where that cannot be told. */
  readonly booted: Date | undefined
}

/** What did not arrive. */
export interface FeedCounts {
  /** Messages that left their streams before they were taken. */
  readonly missed: number
  /** Samples that found no place. */
  readonly samplesRefused: number
}

/** The targets, and what is kept between one word of the bus and the next. */
interface Feed extends FeedTargets {
  readonly series: SeriesFeed
  readonly uses: () => SeriesUses
  missed: number
  samplesRefused: number
}

function tellEvent({ history, events, state }: Feed, view: EventView): void {
  history.event(view)
  if (events.add(view)) state.event(view)
}

function tellGap(feed: Feed, stream: string, count: number): void {
  feed.missed += count
  tellEvent(feed, missedView(stream, count, feed.clock.now()))
}

function heard({ state, history, clock, booted }: Feed, { bootId, detectorIncarnation }: Heartbeat, waitMs: number) {
  state.heartbeat(bootId, waitMs)
  // Of a time whose changes have not come nothing was seen.
  if (waitMs > 0) return
  const incarnation = String(detectorIncarnation)
  history.seen({ wall: clock.now(), monoMs: clock.monotonicMs(), bootId, booted, incarnation })
}

function takeSamples(feed: Feed, { monitor, samples: batch, described }: MetricBatch): void {
  const { samples, npd, series, history, hub, uses, clock, repairs } = feed
  const told = batch.map(fromProtoSample)
  if (monitor === REMEDIATOR) {
    const no = (of: string) => told.filter(({ name, value }) => name === of && value === 0)
    const silent = no(RUNNER_UP).map(({ labels }) => labels['runner'] ?? '')
    repairs.heard(no(JOURNAL_WELL).length === 0, silent.toSorted())
  }
  const nowMs = clock.monotonicMs()
  const declared = described.map(fromProtoMetric)
  feed.samplesRefused += samples.take(monitor, told, nowMs, declared)
  feed.samplesRefused += npd.take(monitor, told, nowMs, declared)
  const counters = new Set(declared.flatMap(({ name, kind }) => (kind === 'counter' ? [name] : [])))
  const values = series.take(monitor, told, nowMs, (name) => counters.has(name))
  history.sample(values)
  const shown = shownValues(values, uses())
  if (Object.keys(shown).length > 0) hub.tell({ kind: 'samples', at: clock.now().toISOString(), values: shown })
}

function followFacts(reader: BusReader, feed: Feed, signal: AbortSignal): void {
  const { state, history, durations, samples, npd, series, clock } = feed
  function forget(monitor: string): void {
    samples.forget(monitor)
    npd.forget(monitor)
    series.forget(monitor)
  }
  followNode(
    reader,
    {
      clock,
      conditions: conditionListener(state, history),
      problems: problemListener(state, history),
      monitors: monitorListener(state, durations, forget),
      onHeartbeat: (heartbeat, waitMs) => heard(feed, heartbeat, waitMs),
    },
    signal,
  )
}

function followEvents(reader: BusReader, feed: Feed, signal: AbortSignal): void {
  const { clock } = feed
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    reader.consume(
      stream,
      {
        async message(value) {
          tellEvent(feed, renderEvent(fromProtoEvent(value, clock.now()), clock.now()))
        },
        gap: (count) => tellGap(feed, stream, count),
      },
      { signal },
    )
  }
}

/** The bucket says what is; the stream adds to the history what came and went while nobody looked. */
function followProblems(reader: BusReader, feed: Feed, signal: AbortSignal): void {
  const { history, clock } = feed
  reader.consume(
    'PROBLEMS',
    {
      async message(value) {
        history.problem(fromProtoProblem(value, clock.now()))
      },
      gap: (count) => tellGap(feed, 'PROBLEMS', count),
    },
    { signal },
  )
}

/** Follows the bus until aborted. @returns what did not arrive, up to when it is asked */
export function followBus(reader: BusReader, targets: FeedTargets, signal: AbortSignal): () => FeedCounts {
  const { state, clock } = targets
  const isBuiltIn = (name: string) =>
    [...state.monitors.values.values()].some((monitor) => monitor.name === name && monitor.origin === 'built-in')
  const uses = createUses(state, clock)
  const feed: Feed = { ...targets, series: createSeriesFeed(isBuiltIn), uses, missed: 0, samplesRefused: 0 }
  followFacts(reader, feed, signal)
  followEvents(reader, feed, signal)
  followProblems(reader, feed, signal)
  feed.repairs.follow(reader, signal, {
    record(told, facts) {
      const mark = repairMark(told, facts)
      if (mark !== undefined) feed.history.repair(mark)
    },
    gap: (missed) => tellGap(feed, 'REMEDIATIONS', missed),
  })
  const stopMetrics = reader.onMetrics((batch) => takeSamples(feed, batch))
  signal.addEventListener('abort', stopMetrics)
  return () => ({ missed: feed.missed, samplesRefused: feed.samplesRefused })
}
