import { type CheckRun, cleanText, type MonitorState, type NodeEvent, VIOLATIONS_KEPT } from '#model'
import { cleanCount, cleanMessage, SHOWN } from './clean.ts'
import { renderConnection } from './connection.ts'
import { renderTime } from './duration.ts'
import { monitorLevelOf } from './level.ts'
import type { CheckRunView, EventView, MonitorView } from './types.ts'

function renderRun(run: CheckRun, now: Date): CheckRunView {
  return {
    check: cleanText(run.check, SHOWN.name),
    checkType: cleanText(run.checkType, SHOWN.name),
    last: renderTime(run.started, now),
    durationMs: cleanCount(run.durationUs) / 1000,
    error: cleanText(run.error, SHOWN.message),
    ...(run.next === undefined ? {} : { next: renderTime(run.next, now) }),
    intervalMs: cleanCount(run.intervalMs),
  }
}

/** A monitor as people are shown it. Pure; every text in it is clean. */
export function renderMonitor(monitor: MonitorState, now: Date): MonitorView {
  return {
    name: cleanText(monitor.name, SHOWN.name),
    health: monitor.health,
    level: monitorLevelOf(monitor.health),
    since: renderTime(monitor.since, now),
    version: cleanText(monitor.version, SHOWN.name),
    description: cleanText(monitor.description, SHOWN.detail),
    protocol: cleanText(monitor.protocol, SHOWN.name),
    origin: monitor.origin,
    socket: cleanText(monitor.socket, SHOWN.detail),
    ...(monitor.lastReport === undefined ? {} : { lastReport: renderTime(monitor.lastReport, now) }),
    lastError: cleanText(monitor.lastError, SHOWN.message),
    ...(monitor.lastErrorAt === undefined ? {} : { lastErrorAt: renderTime(monitor.lastErrorAt, now) }),
    restarts: cleanCount(monitor.restarts),
    checks: monitor.runs.map((run) => renderRun(run, now)),
    violations: cleanCount(monitor.violations),
    lastViolations: monitor.lastViolations.slice(0, VIOLATIONS_KEPT).map(({ text, count, lastSeen }) => ({
      text: cleanText(text, SHOWN.message),
      count: cleanCount(count),
      lastSeen: renderTime(lastSeen, now),
    })),
    reports: cleanCount(monitor.reports),
    ...(monitor.connection === undefined ? {} : { connection: renderConnection(monitor.connection, now) }),
  }
}

/** An event as people are shown it. Pure; every text in it is clean. */
export function renderEvent(event: NodeEvent, now: Date): EventView {
  return {
    id: cleanText(event.id, 512),
    monitor: cleanText(event.monitor, SHOWN.name),
    check: cleanText(event.check, SHOWN.name),
    entity: cleanText(event.entity, SHOWN.entity),
    severity: event.severity,
    reason: cleanText(event.reason, SHOWN.reason),
    message: cleanMessage(event.message),
    firstSeen: renderTime(event.firstSeen, now),
    lastSeen: renderTime(event.lastSeen, now),
    count: cleanCount(event.count),
    ...(event.source === undefined ? {} : { source: cleanText(event.source, SHOWN.name) }),
  }
}
