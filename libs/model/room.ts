/** Room on the bus: how many conditions a monitor may have, and how long their words may be together. */
import { conditionKey } from './keys.ts'
import type { ReportLimits, Violation } from './limits.ts'
import { cutText } from './text.ts'
import type { NodeEvent, Observation } from './types.ts'

/** What monitors hold already. */
export interface Holdings {
  /** The monitor's condition of this {@link conditionKey}, as it was said last. */
  condition(key: string): Observation | undefined
  /** Its conditions, and about how many bytes they are. */
  readonly conditions: number
  readonly bytes: number
  /** Its entities of a type. */
  entities(type: string): number
  /** Entities of its open problems that events of this reason made. */
  eventEntities(reason: string): ReadonlySet<string>
  /** Conditions of all plug-ins together; 0 for a monitor of ours. */
  readonly ofPlugIns: number
}

/** Holdings of a monitor that has said nothing yet. */
export const NO_HOLDINGS: Holdings = {
  condition: () => undefined,
  conditions: 0,
  bytes: 0,
  entities: () => 0,
  eventEntities: () => new Set(),
  ofPlugIns: 0,
}

/** About how many bytes a condition takes in a bucket: its own frame and times, and its words at their widest. */
export function bytesOf(observation: Observation): number {
  const { type, entity, reason, message, summary, check, evidence, subject = '' } = observation
  const words =
    type.length + entity.length + reason.length + message.length + summary.length + check.length + subject.length
  const more = evidence === undefined ? 0 : evidence.label.length + evidence.detail.length + evidence.metric.length + 40
  return 120 + wide(message + summary + entity + subject) + words + more
}

/** What characters beyond ASCII take more. */
function wide(text: string): number {
  let more = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) more += 2
  return more
}

/** What decides how much room there is. */
export interface Room {
  readonly limits: ReportLimits
  readonly holdings: Holdings
}

/** Words that are short enough for any number of conditions. */
const SHORT_WORDS = 80

/** What is taken of one report, slice by slice. */
export interface ReportRoom {
  /** Those there is room for: what is known, and what is new while there is. Each key once in a report. */
  take(observations: readonly Observation[]): readonly Observation[]
  /** What was not taken, or not whole, of all of them. */
  violations(): readonly Violation[]
}

/** `holdings` is asked at every slice: what the slices before it brought is among them by then. */
export function createRoom({ limits, holdings }: Room): ReportRoom {
  const { conditionsPerMonitor, conditionsOfPlugIns, entitiesPerType } = limits
  const refused = new Map<string, number>()
  let cutShort = 0

  function whyRefused(type: string, fresh: number, known: number): string {
    if (holdings.conditions + fresh >= conditionsPerMonitor) return `one monitor may have ${conditionsPerMonitor}`
    if (holdings.ofPlugIns + fresh >= conditionsOfPlugIns)
      return `all plug-ins together may have ${conditionsOfPlugIns}`
    if (known >= entitiesPerType) return `one type may have ${entitiesPerType} entities, and ${type} has them`
    return ''
  }

  function thereIsRoom(observations: readonly Observation[]): readonly Observation[] {
    const entities = new Map<string, number>()
    let fresh = 0
    return observations.filter(({ type, entity }) => {
      if (holdings.condition(conditionKey(type, entity)) !== undefined) return true
      const known = entities.get(type) ?? holdings.entities(type)
      const why = whyRefused(type, fresh, known)
      if (why !== '') {
        refused.set(why, (refused.get(why) ?? 0) + 1)
        return false
      }
      entities.set(type, known + 1)
      fresh++
      return true
    })
  }

  /** A monitor whose words take too much of the bus has them cut short; what they say of health is kept. */
  function withinBytes(observations: readonly Observation[]): readonly Observation[] {
    let { bytes } = holdings
    return observations.map((observation) => {
      const before = holdings.condition(conditionKey(observation.type, observation.entity))
      bytes += bytesOf(observation) - (before === undefined ? 0 : bytesOf(before))
      if (bytes <= limits.bytesPerMonitor) return observation
      cutShort++
      const short: Observation = {
        ...observation,
        message: cutText(observation.message, SHORT_WORDS),
        summary: cutText(observation.summary, SHORT_WORDS),
        subject: undefined,
        evidence: observation.evidence && { ...observation.evidence, detail: '', metric: '' },
      }
      bytes += bytesOf(short) - bytesOf(observation)
      return short
    })
  }

  return {
    take: (observations) => withinBytes(thereIsRoom(observations)),
    violations() {
      const told: Violation[] = [...refused].map(([why, count]) => ({
        code: 'too-many',
        text: `${count} new conditions were refused: ${why}`,
      }))
      if (cutShort === 0) return told
      const most = Math.round(limits.bytesPerMonitor / 1024)
      const text = `the words of ${cutShort} conditions were cut short: those of one monitor may be ${most} KiB together`
      return [...told, { code: 'too-many', text }]
    },
  }
}

/** What is taken of the entities that one report's events name. */
export interface EventRoom {
  /** The event, without its entity where its reason has as many as it may. */
  take(event: NodeEvent): NodeEvent
  violations(): readonly Violation[]
}

/** A reason is a type, too: each entity of its events is a problem of its own. */
export function createEventRoom({ limits, holdings }: Room): EventRoom {
  const { entitiesPerType } = limits
  const entities = new Map<string, Set<string>>()
  const refused = new Map<string, number>()

  return {
    take(event) {
      const { reason, entity } = event
      if (entity === '') return event
      const known = entities.get(reason) ?? new Set(holdings.eventEntities(reason))
      entities.set(reason, known)
      if (known.has(entity)) return event
      if (known.size < entitiesPerType) {
        known.add(entity)
        return event
      }
      refused.set(reason, (refused.get(reason) ?? 0) + 1)
      return { ...event, entity: '' }
    },
    violations: () =>
      [...refused].map(([reason, count]) => ({
        code: 'too-many',
        text: `${count} events are told without their entities: one type may have ${entitiesPerType}, and ${reason} has them`,
      })),
  }
}
