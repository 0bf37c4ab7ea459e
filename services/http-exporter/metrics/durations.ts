/** How long checks take: a histogram for each check, in which each run counts once. */
import { cleanText, type MonitorState } from '#model'
import type { Metrics } from '#service'

/** Upper bounds in seconds: from a read of /proc to a check that meets its timeout. */
export const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60] as const

/** Checks that are told apart. */
const MAX_CHECKS = 1024

export interface Durations {
  /** Counts the runs that it has not seen. */
  saw(monitor: MonitorState): void
}

export function createDurations(metrics: Metrics): Durations {
  const histogram = metrics.histogram('monitor_duration_seconds', 'How long runs of checks take.', DURATION_BUCKETS, [
    'monitor',
    'check',
  ])
  /** When the last run that was counted began, by monitor and check. */
  const counted = new Map<string, number>()

  return {
    saw({ name, runs }) {
      for (const { check, started, durationUs } of runs) {
        const key = `${name}\u0000${check}`
        const last = counted.get(key)
        if (last === undefined && counted.size >= MAX_CHECKS) continue
        if (last === started.getTime()) continue
        counted.set(key, started.getTime())
        const seconds = Math.max(0, durationUs) / 1e6
        if (!Number.isFinite(seconds)) continue
        histogram.observe({ monitor: cleanText(name, 128), check: cleanText(check, 128) }, seconds)
      }
    },
  }
}
