/** The kubelet's own figures: how long it takes to list pods, to ask the container runtime, and whether the API server takes its lease. Pure. */
import type { Metrics, Series } from '#kube/kubelet'
import { LIFETIMES } from '../../node-kubelet/told.ts'

const RELIST_SECONDS = 'kubelet_pleg_relist_duration_seconds_sum'
const RELIST_COUNT = 'kubelet_pleg_relist_duration_seconds_count'
const OPERATION_SECONDS = 'kubelet_runtime_operations_duration_seconds_sum'
const OPERATION_COUNT = 'kubelet_runtime_operations_duration_seconds_count'
const REQUESTS = 'rest_client_requests_total'
const STARTED = 'process_start_time_seconds'
/** Over 0 where the runtime tells it of each pod by itself; it lists all of them every five minutes then (feature EventedPLEG). */
const EVENTED = 'kubelet_evented_pleg_connection_success_count'

/** Pods that have a sandbox that runs. */
export const RUNNING_PODS = 'kubelet_running_pods'

/** Names of what is read (kubelet 1.20 to 1.37). */
export const FIGURES: ReadonlySet<string> = new Set([
  RELIST_SECONDS,
  RELIST_COUNT,
  OPERATION_SECONDS,
  OPERATION_COUNT,
  REQUESTS,
  STARTED,
  EVENTED,
  RUNNING_PODS,
  ...LIFETIMES,
])

/** How often, and how long together. */
export interface Total {
  readonly count: number
  readonly seconds: number
}

/** What is kept of one look at the figures. */
export interface Figures {
  readonly atMs: number
  /** Since 1970, by the clock as it is now; undefined: not said. */
  readonly startedSeconds: number | undefined
  /** The same on the monotonic clock, which nobody sets. */
  readonly startedMs: number | undefined
  /** undefined: not said. */
  readonly relist: Total | undefined
  /** It lists them now and then alone. */
  readonly isEvented: boolean
  /** By their names: "list_podsandbox". */
  readonly operations: ReadonlyMap<string, Total>
  /** Requests to the API server by code ("200", "<error>"); undefined: it asks none. */
  readonly requests: ReadonlyMap<string, number> | undefined
  /** Of those that write and were taken: leases are renewed so. */
  readonly renewals: number
  /** Where the API server is for it, most asked first. */
  readonly servers: readonly string[]
}

function sum(series: readonly Series[] = []): number | undefined {
  const values = series.map(({ value }) => value).filter((value) => Number.isFinite(value) && value >= 0)
  return values.length === 0 ? undefined : values.reduce((all, value) => all + value, 0)
}

function summedBy(label: string, series: readonly Series[] = []): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { labels, value } of series) {
    const key = labels[label] ?? ''
    if (Number.isFinite(value)) sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return sums
}

/**
 * Of its metrics what is judged.
 * @param atMs when they were asked for, on the monotonic clock
 * @param wallMs the same by the wall clock
 */
export function figuresOf(metrics: Metrics, atMs: number, wallMs: number): Figures {
  const startedSeconds = sum(metrics.get(STARTED))
  const relists = sum(metrics.get(RELIST_COUNT))
  const relistSeconds = sum(metrics.get(RELIST_SECONDS))
  const seconds = summedBy('operation_type', metrics.get(OPERATION_SECONDS))
  const counts = summedBy('operation_type', metrics.get(OPERATION_COUNT))
  const requests = metrics.get(REQUESTS)
  const renewed = requests?.filter(({ labels }) => labels['method'] === 'PUT' && labels['code']?.startsWith('2'))
  const servers = [...summedBy('host', requests)].sort(([, a], [, b]) => b - a).map(([host]) => host)
  return {
    atMs,
    startedSeconds,
    startedMs: startedSeconds === undefined ? undefined : startedSeconds * 1000 - wallMs + atMs,
    relist:
      relists === undefined || relistSeconds === undefined ? undefined : { count: relists, seconds: relistSeconds },
    isEvented: (sum(metrics.get(EVENTED)) ?? 0) > 0,
    operations: new Map([...counts].map(([name, count]) => [name, { count, seconds: seconds.get(name) ?? 0 }])),
    requests: requests === undefined ? undefined : summedBy('code', requests),
    renewals: sum(renewed) ?? 0,
    servers,
  }
}

/** Mean seconds of what happened between two looks; undefined: nothing did, or the counters began anew. */
export function meanBetween(before: Total | undefined, now: Total | undefined): number | undefined {
  if (before === undefined || now === undefined) return undefined
  const count = now.count - before.count
  const seconds = now.seconds - before.seconds
  return count > 0 && seconds >= 0 ? seconds / count : undefined
}

/** The monotonic and the wall clock are not read in the same moment. */
const SAME_START_MS = 2000

/** When a process was started is reckoned by the kernel from what the clock says now: once somebody has set that, it is another time. */
export function isSameStart(
  before: Pick<Figures, 'startedSeconds' | 'startedMs'>,
  now: Pick<Figures, 'startedSeconds' | 'startedMs'>,
): boolean {
  if (before.startedSeconds === now.startedSeconds) return true
  if (before.startedMs === undefined || now.startedMs === undefined) return false
  return Math.abs(before.startedMs - now.startedMs) < SAME_START_MS
}

/** The counters are those of the same process. */
export function isSameRun(before: Figures, now: Figures): boolean {
  return isSameStart(before, now) && now.renewals >= before.renewals
}
