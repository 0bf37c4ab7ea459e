/** A monitor's liveness and the last run of each of its checks. */
import type { MetricDescriptor, MonitorConnection, MonitorState } from '#model'
import type * as pb from '#proto/nodedoctor/v1/types.ts'
import {
  fromProtoConnectionState,
  fromProtoMonitorHealth,
  optionalTime,
  timeOr,
  toProtoConnectionState,
  toProtoMonitorHealth,
} from './enums.ts'
import { fromProtoRun, toProtoRun } from './report.ts'

/** A kind that this reader does not know is a gauge: a number that may go anywhere. */
export function fromProtoMetric({ name, help, kind, unit, title }: pb.MetricDescriptor): MetricDescriptor {
  return { name, help, kind: kind === 'counter' ? 'counter' : 'gauge', unit, title }
}

function toProtoConnection({ state, since, why, failures, nextTry }: MonitorConnection): pb.MonitorConnection {
  return { state: toProtoConnectionState(state), since, why, failures, nextTry }
}

function fromProtoConnection(
  { state, since, why, failures, nextTry }: pb.MonitorConnection,
  now: Date,
): MonitorConnection {
  return {
    state: fromProtoConnectionState(state),
    since: timeOr(since, now),
    why,
    failures,
    nextTry: optionalTime(nextTry),
  }
}

/** Writes the state of a monitor. */
export function toProtoMonitorState(m: MonitorState): pb.MonitorState {
  return {
    name: m.name,
    health: toProtoMonitorHealth(m.health),
    since: m.since,
    version: m.version,
    description: m.description,
    protocol: m.protocol,
    origin: m.origin,
    socket: m.socket,
    lastReport: m.lastReport,
    lastError: m.lastError,
    lastErrorAt: m.lastErrorAt,
    incarnation: m.incarnation,
    acknowledged: m.acknowledged,
    restarts: m.restarts,
    runs: m.runs.map(toProtoRun),
    conditionTypes: [...m.conditionTypes],
    violations: m.violations,
    reports: m.reports,
    lastViolations: m.lastViolations.map((violation) => ({ ...violation })),
    metrics: m.metrics.map((metric) => ({ ...metric })),
    connection: m.connection && toProtoConnection(m.connection),
  }
}
/** Reads the state of a monitor; a time that was not told, or makes no sense, is `now`. */
export function fromProtoMonitorState(m: pb.MonitorState, now: Date): MonitorState {
  return {
    name: m.name,
    health: fromProtoMonitorHealth(m.health),
    since: timeOr(m.since, now),
    version: m.version,
    description: m.description,
    protocol: m.protocol,
    origin: m.origin === 'built-in' || m.origin === 'configured' ? m.origin : 'discovered',
    socket: m.socket,
    lastReport: optionalTime(m.lastReport),
    lastError: m.lastError,
    lastErrorAt: optionalTime(m.lastErrorAt),
    incarnation: m.incarnation,
    acknowledged: m.acknowledged,
    restarts: m.restarts,
    runs: m.runs.map((run) => fromProtoRun(run, now)),
    conditionTypes: [...m.conditionTypes],
    violations: m.violations,
    reports: m.reports,
    lastViolations: m.lastViolations.map(({ text, count, lastSeen }) => ({
      text,
      count,
      lastSeen: timeOr(lastSeen, now),
    })),
    metrics: m.metrics.map(fromProtoMetric),
    connection: m.connection && fromProtoConnection(m.connection, now),
  }
}
