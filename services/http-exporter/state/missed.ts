/** What fell out of a stream before this exporter took it, as an event of its own. Pure. */
import type { EventView } from '#view'

/** @param count messages that the stream's sequence shows missing */
export function missedView(stream: string, count: number, now: Date): EventView {
  return {
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
  }
}
