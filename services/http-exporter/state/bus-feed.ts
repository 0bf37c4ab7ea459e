/** What the bus says, brought to state, history, metrics and stream. */
import type { BusReader } from '#bus'
import { followNode } from '#node-feed'
import type { Clock } from '#service'
import { type EventView, renderEvent } from '#view'
import { fromProtoEvent, fromProtoMetric, fromProtoProblem, fromProtoSample } from '#wire'
import type { History } from '../history/history.ts'
import type { Durations } from '../metrics/durations.ts'
import type { SampleTable } from '../metrics/sample-table.ts'
import type { Hub } from '../stream/hub.ts'
import type { EventLog } from './event-log.ts'
import type { NodeState } from './node-state.ts'
import { createSeriesFeed, shownValues } from './series-feed.ts'
import { createUses } from './series-uses.ts'

export interface FeedTargets {
  readonly state: NodeState
  readonly history: History
  readonly events: EventLog
  readonly hub: Hub
  readonly samples: SampleTable
  readonly durations: Durations
  readonly clock: Clock
  readonly booted: Date | undefined
}

export interface FeedCounts {
  readonly missed: number
  readonly samplesRefused: number
}

/** Follows the bus until aborted. */
export function followBus(reader: BusReader, targets: FeedTargets, signal: AbortSignal): () => FeedCounts {
  const { state, history, events, hub, samples, durations, clock } = targets
  const { conditions, problems, monitors } = state
  const series = createSeriesFeed((name) =>
    [...monitors.values.values()].some((monitor) => monitor.name === name && monitor.origin === 'built-in'),
  )
  const uses = createUses(state, clock)
  let missed = 0
  let samplesRefused = 0

  function forget(monitor: string): void {
    samples.forget(monitor)
    series.forget(monitor)
  }

  function tellEvent(view: EventView): void {
    history.event(view)
    if (events.add(view)) state.event(view)
  }

  function tellGap(stream: string, count: number): void {
    missed += count
    const now = clock.now()
    tellEvent({
      id: `http-exporter-missed-${stream}-${now.getTime()}`,
      monitor: 'http-exporter',
      check: '',
      entity: '',
      severity: 'warning',
      reason: 'EventsMissed',
      message: `${count} messages left the stream ${stream} before the http-exporter took them`,
      firstSeen: now.toISOString(),
      lastSeen: now.toISOString(),
      count: 1,
    })
  }

  followNode(
    reader,
    {
      clock,
      conditions: {
        anew(facts) {
          conditions.replace(facts)
          history.conditions([...facts.values()])
        },
        put(condition, key) {
          conditions.put(key, condition)
          history.condition(condition)
        },
        gone(condition, key) {
          conditions.delete(key)
          history.conditionGone(condition)
        },
      },
      problems: {
        anew(facts) {
          problems.replace(facts)
          for (const problem of facts.values()) history.problem(problem)
        },
        put(problem, key) {
          problems.put(key, problem)
          history.problem(problem)
        },
        gone: (_, key) => problems.delete(key),
      },
      monitors: {
        anew(facts) {
          monitors.replace(facts)
          for (const monitor of facts.values()) durations.saw(monitor)
        },
        put(monitor, key) {
          monitors.put(key, monitor)
          durations.saw(monitor)
          if (monitor.health === 'unreachable') forget(monitor.name)
        },
        gone(monitor, key) {
          monitors.delete(key)
          forget(monitor.name)
        },
      },
      onHeartbeat({ bootId, detectorIncarnation }, waitMs) {
        state.heartbeat(bootId, waitMs)
        // Of a time whose changes have not come nothing was seen.
        if (waitMs > 0) return
        history.seen({
          wall: clock.now(),
          monoMs: clock.monotonicMs(),
          bootId,
          booted: targets.booted,
          incarnation: String(detectorIncarnation),
        })
      },
    },
    signal,
  )

  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    reader.consume(
      stream,
      {
        async message(value) {
          tellEvent(renderEvent(fromProtoEvent(value, clock.now()), clock.now()))
        },
        gap: (count) => tellGap(stream, count),
      },
      { signal },
    )
  }
  reader.consume(
    'PROBLEMS',
    {
      // The bucket says what is; the stream adds to the history what came and went while nobody looked.
      async message(value) {
        history.problem(fromProtoProblem(value, clock.now()))
      },
      gap: (count) => tellGap('PROBLEMS', count),
    },
    { signal },
  )

  const stopMetrics = reader.onMetrics(({ monitor, samples: batch, described }) => {
    const told = batch.map(fromProtoSample)
    samplesRefused += samples.take(monitor, told, clock.monotonicMs(), described.map(fromProtoMetric))
    const values = series.take(monitor, told, clock.monotonicMs())
    history.sample(values)
    const shown = shownValues(values, uses())
    if (Object.keys(shown).length > 0) hub.tell({ kind: 'samples', at: clock.now().toISOString(), values: shown })
  })

  signal.addEventListener('abort', stopMetrics)
  return () => ({ missed, samplesRefused })
}
