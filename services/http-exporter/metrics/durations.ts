/** How long checks take: a histogram for each check, in which each run counts once. */
import { cleanText, type MonitorState } from '#model'
import type { Family, Series } from './exposition.ts'

/** Upper bounds in seconds: from a read of /proc to a check that meets its timeout. */
export const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60] as const

/** Checks that are told apart. */
const MAX_CHECKS = 1024

interface Observed {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: number[]
  sum: number
  count: number
  lastStartedMs: number
}

export interface Durations {
  /** Counts the runs that it has not seen. */
  saw(monitor: MonitorState): void
  family(): Family
}

export function createDurations(): Durations {
  const checks = new Map<string, Observed>()

  function observedOf(monitor: string, check: string): Observed | undefined {
    const key = `${monitor}\u0000${check}`
    const known = checks.get(key)
    if (known !== undefined || checks.size >= MAX_CHECKS) return known
    const fresh: Observed = {
      labels: { monitor: cleanText(monitor, 128), check: cleanText(check, 128) },
      counts: DURATION_BUCKETS.map(() => 0),
      sum: 0,
      count: 0,
      lastStartedMs: Number.NaN,
    }
    checks.set(key, fresh)
    return fresh
  }

  return {
    saw({ name, runs }) {
      for (const { check, started, durationUs } of runs) {
        const observed = observedOf(name, check)
        if (observed === undefined || observed.lastStartedMs === started.getTime()) continue
        observed.lastStartedMs = started.getTime()
        const seconds = Math.max(0, durationUs) / 1e6
        if (!Number.isFinite(seconds)) continue
        observed.sum += seconds
        observed.count++
        DURATION_BUCKETS.forEach((bound, index) => {
          if (seconds <= bound) observed.counts[index] = (observed.counts[index] ?? 0) + 1
        })
      }
    },
    family() {
      const series = [...checks.values()].flatMap(({ labels, counts, sum, count }): Series[] => [
        ...DURATION_BUCKETS.map((bound, index) => ({
          suffix: '_bucket',
          labels: { ...labels, le: String(bound) },
          value: counts[index] ?? 0,
        })),
        { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
        { suffix: '_sum', labels, value: sum },
        { suffix: '_count', labels, value: count },
      ])
      return { name: 'monitor_duration_seconds', help: 'How long runs of checks take.', type: 'histogram', series }
    },
  }
}
