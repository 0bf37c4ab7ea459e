/** Events of a monitor as they may be told. */
import type { CheckedAdmission } from './admission.ts'
import { admitReason, admitTime, admitWords, MAX_CLOCK_DIFFERENCE_MS, MAX_NAME, pastOf } from './admit-words.ts'
import { MAX_ENTITY, type Violation } from './limits.ts'
import type { MonitorDeclaration } from './state.ts'
import { cleanText, hashText } from './text.ts'
import type { NodeEvent, Report } from './types.ts'

/** Only who may speak in a source's own words may name that source: no other is to be taken for somebody else. */
function admitSource(
  e: NodeEvent,
  { origin, eventReasons }: MonitorDeclaration,
  violations: Violation[],
): string | undefined {
  if (e.source === undefined) return undefined
  if (eventReasons.get(e.reason)?.verbatim) return cleanText(e.source, MAX_NAME) || undefined
  // Of one that nobody configured the declaration itself was refused: to declare it would help nothing.
  const why =
    origin === 'discovered' ? 'which is taken of configured monitors only' : 'and its reason is not declared verbatim'
  const text = `event ${admitReason(e.reason)} names a source of its own, ${why}`
  violations.push({ code: 'name-invalid', text })
  return undefined
}

/** Before the id of an event that its monitor knows by a key of its own. Any other id that a monitor gives is not taken. */
const KEY = 'key:'

/** As a monitor says by which key it knows an event. */
export function eventKey(key: string): string {
  return `${KEY}${key}`
}

/** The id of an event that its monitor knows by a key of its own, the same however often it is told. */
function keyedEventId(monitor: string, key: string): string {
  return `${monitor}.${hashText(key)}`
}

/** Whether its monitor knows it by a key of its own: what has another key is another event, whatever else is the same. */
export function hasOwnKey({ id, monitor }: Pick<NodeEvent, 'id' | 'monitor'>): boolean {
  return id.startsWith(`${monitor}.`)
}

export function admitEvent(
  e: NodeEvent,
  index: number,
  report: Report,
  admission: CheckedAdmission,
  now: Date,
  violations: Violation[],
): NodeEvent {
  const past = pastOf(report)
  const firstSeen = admitTime(e.firstSeen, past, now, violations, `event ${admitReason(e.reason)}`)
  const { name, eventReasons } = admission.declaration
  const verbatim = eventReasons.get(e.reason)?.verbatim
  if (e.reason === '' && !verbatim) violations.push({ code: 'name-invalid', text: 'an event has no reason' })
  return {
    id: e.id.startsWith(KEY) ? keyedEventId(name, e.id) : `${name}-${report.incarnation}-${report.sequence}-${index}`,
    monitor: name,
    check: admission.declares(e.check) ? cleanText(e.check, MAX_NAME) : '',
    entity: cleanText(e.entity, MAX_ENTITY),
    severity: e.severity,
    ...admitWords(e, verbatim),
    source: admitSource(e, admission.declaration, violations),
    firstSeen,
    // Asked so that what is no time at all is not one.
    lastSeen:
      e.lastSeen >= firstSeen && e.lastSeen.getTime() - now.getTime() <= MAX_CLOCK_DIFFERENCE_MS
        ? e.lastSeen
        : firstSeen,
    count: Math.min(Math.max(1, Math.floor(e.count) || 1), 1_000_000_000),
  }
}
