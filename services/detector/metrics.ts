/** What the detector counts, in its own registry. Told on the bus as samples of "detector", and so part of /metrics. */
import type { Change, MonitorState, NodeState } from '#model'
import type { Metrics } from '#service'
import type { Shed } from './events/fold.ts'
import type { Outbox } from './outbox/outbox.ts'

export interface DetectorMetrics {
  saw(changes: readonly Change[]): void
  /** Events that were counted and not told. */
  shed(shed: Shed): void
}

export interface Counted {
  readonly state: Pick<NodeState, 'monitors'>
  readonly outbox: Pick<Outbox, 'status'>
  /** Starts of the embedded bus server after the first. */
  readonly serverRestarts: () => number
}

/** What is read of the outbox and the state when it is asked for. */
function addReadings({ gauge, total }: Metrics, { state, outbox, serverRestarts }: Counted): void {
  gauge('status_channel_size', 'Changes in the detector that wait for the bus.', [], ({ set }) =>
    set({}, outbox.status().queued),
  )
  total(
    'facts_dropped_total',
    'Facts that the detector had to drop while the bus was away, by severity.',
    ['severity'],
    ({ set }) => {
      for (const [severity, count] of Object.entries(outbox.status().dropped)) set({ severity }, count)
    },
  )
  gauge(
    'bus_values_refused',
    'Values that the bus refuses now and that are tried again by themselves.',
    [],
    ({ set }) => set({}, outbox.status().refused.length),
  )
  total('bus_refusals_total', 'Values and facts that the bus refused for themselves since the start.', [], ({ set }) =>
    set({}, outbox.status().refusedTotal),
  )
  total('bus_server_restarts_total', 'Starts of the embedded bus server after the first.', [], ({ set }) =>
    set({}, serverRestarts()),
  )
  const ofMonitors = (name: string, help: string, count: (monitor: MonitorState) => number) =>
    total(name, help, ['monitor'], ({ set }) => {
      for (const monitor of state.monitors.values()) set({ monitor: monitor.name }, count(monitor))
    })
  ofMonitors('monitor_reports_total', 'Reports taken from a monitor.', ({ reports }) => reports)
  ofMonitors(
    'monitor_violations_total',
    'What a monitor sent that its limits or its declaration do not allow.',
    ({ violations }) => violations,
  )
  ofMonitors('monitor_restarts_total', 'Starts of a monitor after the first.', ({ restarts }) => restarts)
}

/** When each check ran last, and of no check that does not stand there: a plug-in may call its checks otherwise each time. */
export function timesOf(runs: MonitorState['runs']): ReadonlyMap<string, number> {
  return new Map(runs.map(({ check, started }) => [check, started.getTime()]))
}

/** Those that were not seen before. */
export function newRuns(
  before: ReadonlyMap<string, number> | undefined,
  runs: MonitorState['runs'],
): MonitorState['runs'] {
  return runs.filter(({ check, started }) => before?.get(check) !== started.getTime())
}

export function createDetectorMetrics(metrics: Metrics, counted: Counted): DetectorMetrics {
  const checks = metrics.counter('monitor_checks_total', 'Runs of checks, by monitor, check and result.', [
    'monitor',
    'check',
    'result',
  ])
  const problems = metrics.counter('problems_detected_total', 'Problems opened, by type and severity.', [
    'type',
    'severity',
  ])
  const shed = metrics.counter(
    'events_shed_total',
    'Events that were counted and not told, since their monitor had no room on the bus, by severity.',
    ['monitor', 'severity'],
  )
  addReadings(metrics, counted)
  /** Of each monitor's checks that stand in its state, when they ran last. */
  const lastRuns = new Map<string, ReadonlyMap<string, number>>()

  function sawRuns(monitor: string, runs: MonitorState['runs']): void {
    for (const { check, error } of newRuns(lastRuns.get(monitor), runs))
      checks.add({ monitor, check, result: error === '' ? 'success' : 'error' })
    lastRuns.set(monitor, timesOf(runs))
  }

  return {
    saw(changes) {
      for (const change of changes) {
        if (change.kind === 'monitor' && change.value !== undefined) sawRuns(change.name, change.value.runs)
        if (change.kind === 'monitor' && change.value === undefined) lastRuns.delete(change.name)
        if (change.kind === 'problem' && change.told && change.value.phase === 'opened') {
          problems.add({ type: change.value.type, severity: change.value.severity })
        }
      }
    },
    shed: ({ monitor, severity, count }) => shed.add({ monitor, severity }, count),
  }
}
