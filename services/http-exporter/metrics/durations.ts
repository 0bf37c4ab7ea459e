/** How long checks take, what they cost, and how late they were: in which each run counts once. */
import { type CheckRun, cleanText, type MonitorState } from '#model'
import type { Metrics } from '#service'

/** Upper bounds in seconds: from a read of /proc to a check that meets its timeout. */
export const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60] as const

/** Checks that are told apart. */
const MAX_CHECKS = 1024
const LABELS = ['monitor', 'check'] as const

export interface Durations {
  /** Counts the runs that it has not seen. */
  saw(monitor: MonitorState): void
}

/** What is known of a check's runs. */
interface Counted {
  readonly labels: { readonly monitor: string; readonly check: string }
  /** When the last run that was counted began. */
  startedMs: number
  /** Undefined where its monitor does not measure it; of all runs. */
  costSeconds: number | undefined
  /** Undefined where its monitor does not measure it; of the last run. */
  lateSeconds: number | undefined
}

function secondsOf(us: number | undefined): number | undefined {
  return us === undefined || !Number.isFinite(us) ? undefined : Math.max(0, us) / 1e6
}

export function createDurations(metrics: Metrics): Durations {
  const histogram = metrics.histogram('monitor_duration_seconds', 'How long runs of checks take.', DURATION_BUCKETS, [
    ...LABELS,
  ])
  metrics.total(
    'check_cpu_seconds_total',
    'Processor time of a monitor while the check ran, whatever else it did.',
    LABELS,
    (counter) => {
      for (const { labels, costSeconds } of counted.values()) {
        if (costSeconds !== undefined) counter.set(labels, costSeconds)
      }
    },
  )
  metrics.gauge(
    'check_late_seconds',
    'For how long a monitor had work and no processor while the check last ran: what it measured may be later by that.',
    LABELS,
    (gauge) => {
      for (const { labels, lateSeconds } of counted.values()) {
        if (lateSeconds !== undefined) gauge.set(labels, lateSeconds)
      }
    },
  )
  const counted = new Map<string, Counted>()

  function count({ started, durationUs, costUs, lateUs }: CheckRun, of: Counted): void {
    of.startedMs = started.getTime()
    const seconds = secondsOf(durationUs)
    if (seconds !== undefined) histogram.observe(of.labels, seconds)
    const costSeconds = secondsOf(costUs)
    if (costSeconds !== undefined) of.costSeconds = (of.costSeconds ?? 0) + costSeconds
    of.lateSeconds = secondsOf(lateUs)
  }

  return {
    saw({ name, runs }) {
      for (const run of runs) {
        const key = `${name}\u0000${run.check}`
        const known = counted.get(key)
        if (known?.startedMs === run.started.getTime() || (known === undefined && counted.size >= MAX_CHECKS)) continue
        const labels = { monitor: cleanText(name, 128), check: cleanText(run.check, 128) }
        const of = known ?? { labels, startedMs: Number.NaN, costSeconds: undefined, lateSeconds: undefined }
        counted.set(key, of)
        count(run, of)
      }
    },
  }
}
