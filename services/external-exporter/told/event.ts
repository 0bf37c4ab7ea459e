/** An event of the bus as an exporter from outside is told it. Pure. */
import type { NodeEvent } from '#model'
import { type Content, contextOf } from '../content.ts'
import { aboutText, OURS, severityOf } from './words.ts'

/** A repeat is told as the same event with a greater count. */
export function eventContent(event: NodeEvent, at: Date): Content {
  const { id, monitor, check, entity, severity, reason, message, firstSeen, lastSeen, count } = event
  return {
    key: `event ${id} ${count} ${lastSeen.getTime()}`,
    at,
    status: {
      source: (event.source ?? monitor).toWellFormed(),
      events: [
        {
          severity: severityOf(severity),
          timestamp: lastSeen,
          reason: reason.toWellFormed(),
          message: aboutText({ entity }, message),
        },
      ],
      conditions: [],
    },
    context: contextOf({
      kind: 'event',
      id,
      monitor,
      check,
      entity,
      severity,
      count: String(count),
      first_seen: firstSeen.toISOString(),
    }),
  }
}

/** Facts fell out of a stream of the bus before they were told. @param key which loss of this process it is */
export function missedContent(stream: string, count: number, at: Date, key: string): Content {
  const message = `${count} facts left the bus (${stream}) before this exporter took them`
  return {
    key,
    status: {
      source: OURS,
      events: [{ severity: severityOf('warning'), timestamp: at, reason: 'EventsMissed', message }],
      conditions: [],
    },
    context: contextOf({ kind: 'missed', stream, count: String(count), severity: 'warning' }),
  }
}
