/** How long disks take to answer. Pure. */

import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import {
  duration,
  extendStreak,
  growth,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  plural,
  type Streak,
  short,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { DeviceCounters } from './diskstats.ts'

/** What one check keeps of a disk for the next. */
export interface DeviceMemory {
  readonly counters: DeviceCounters
  readonly monoMs: number
  readonly slow: Streak
  /** For how long nothing was completed although something was on its way. */
  readonly stalledMs: number
}

/** A few slow requests of an idle disk (that woke up) are no slow disk. */
const MIN_REQUESTS = 10

/** So long without one completed request: no disk takes that long, only one that is gone or resets. */
const STALL_MS = 10_000

export interface DeviceVerdict {
  readonly memory: DeviceMemory
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

interface Interval {
  readonly elapsedMs: number
  readonly requests: number
  readonly waitedMs: number
  readonly busyMs: number
}

/** What happened since the last look; undefined at the first one, or when the counters were reset. */
function intervalOf(before: DeviceMemory | undefined, now: DeviceCounters, monoMs: number): Interval | undefined {
  if (before === undefined || monoMs <= before.monoMs) return undefined
  const requests = growth(before.counters.completed, now.completed)
  const waitedMs = growth(before.counters.waitedMs, now.waitedMs)
  const busyMs = growth(before.counters.busyMs, now.busyMs)
  if (requests === undefined || waitedMs === undefined || busyMs === undefined) return undefined
  return { elapsedMs: monoMs - before.monoMs, requests, waitedMs, busyMs }
}

function stallFinding(entity: string, name: string, stalledMs: number, inFlight: number): Finding {
  const message = `${plural(inFlight, 'request')} on the way and none completed for ${duration(stalledMs)}`
  if (stalledMs < STALL_MS) {
    return { type: 'DiskSlow', entity, health: 'healthy', pending: true, reason: 'NotSustainedYet', message }
  }
  return {
    type: 'DiskSlow',
    entity,
    health: 'problem',
    severity: 'critical',
    reason: 'IOStalled',
    message: `${message}; see the kernel log for resets and timeouts of the disk`,
    summary: `${name} does not answer`,
    evidence: {
      value: Math.round(stalledMs / 1000),
      unit: 's',
      critical: STALL_MS / 1000,
      lowIsBad: false,
      label: 'without a completed request',
      detail: `${plural(inFlight, 'request')} on the way.`,
      metric: '',
    },
  }
}

function waitFinding(name: string, averageMs: number, interval: Interval, slow: Streak, config: Config): Finding {
  const limits = { warning: config.slowWarningMs, critical: config.slowCriticalMs }
  const verdict = judgeStreak(slow, config.sustainedSlowChecks)
  const few = interval.requests < MIN_REQUESTS
  const wait = `${short(averageMs, averageMs < 9.95 ? 1 : 0)} ms`
  return judgedFinding({
    type: 'DiskSlow',
    entity: `disk:${name}`,
    verdict,
    healthyReason: 'WaitsShort',
    message: few
      ? `almost idle: ${plural(interval.requests, 'request')} in ${duration(interval.elapsedMs)}`
      : `${wait} average wait, limit ${short(namedLimit(verdict, limits, levelOf(averageMs, limits)))} ms${lasting(verdict, slow, config.sustainedSlowChecks)}`,
    summary: `${name} takes ${wait} for a request`,
    evidence: {
      value: Math.round(averageMs * 10) / 10,
      unit: 'ms',
      ...limits,
      lowIsBad: false,
      label: 'average wait',
      detail: `${plural(interval.requests, 'request')} in ${duration(interval.elapsedMs)}.`,
      metric: seriesKey('disk_wait_seconds', { device: name }),
    },
  })
}

export function judgeDevice(
  name: string,
  now: DeviceCounters,
  before: DeviceMemory | undefined,
  config: Config,
  monoMs: number,
): DeviceVerdict {
  const entity = `disk:${name}`
  const interval = intervalOf(before, now, monoMs)
  if (before === undefined || interval === undefined) {
    const message = 'how long requests take shows at the next check'
    return {
      memory: { counters: now, monoMs, slow: NO_STREAK, stalledMs: 0 },
      finding: { type: 'DiskSlow', entity, health: 'healthy', pending: true, reason: 'FirstLook', message },
      metrics: [],
    }
  }
  const labels = { device: name }
  const busy = { name: 'disk_busy_ratio', labels, value: Math.min(1, interval.busyMs / interval.elapsedMs) }
  if (interval.requests === 0 && now.inFlight > 0 && before.counters.inFlight > 0) {
    const stalledMs = before.stalledMs + interval.elapsedMs
    return {
      memory: { counters: now, monoMs, slow: before.slow, stalledMs },
      finding: stallFinding(entity, name, stalledMs, now.inFlight),
      metrics: [busy],
    }
  }
  const averageMs = interval.requests === 0 ? 0 : interval.waitedMs / interval.requests
  const limits = { warning: config.slowWarningMs, critical: config.slowCriticalMs }
  const slow = extendStreak(before.slow, interval.requests < MIN_REQUESTS ? 'ok' : levelOf(averageMs, limits))
  return {
    memory: { counters: now, monoMs, slow, stalledMs: 0 },
    finding: waitFinding(name, averageMs, interval, slow, config),
    metrics: [busy, { name: 'disk_wait_seconds', labels, value: averageMs / 1000 }],
  }
}
