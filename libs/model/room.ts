/** Room on the bus: how many conditions a monitor may have, and how long their words may be together. */
import { conditionKey } from './keys.ts'
import type { ReportLimits, Violation } from './limits.ts'
import { cleanText } from './text.ts'
import type { Observation } from './types.ts'

/** What monitors hold already. */
export interface Holdings {
  /** The monitor's condition of this {@link conditionKey}, as it was said last. */
  condition(key: string): Observation | undefined
  /** Its conditions, and about how many bytes they are. */
  readonly conditions: number
  readonly bytes: number
  /** Its entities of a type. */
  entities(type: string): number
  /** Conditions of all plug-ins together; 0 for a monitor of ours. */
  readonly ofPlugIns: number
}

export const NO_HOLDINGS: Holdings = {
  condition: () => undefined,
  conditions: 0,
  bytes: 0,
  entities: () => 0,
  ofPlugIns: 0,
}

/** About how many bytes a condition takes in a bucket: its own frame and times, and its words at their widest. */
export function bytesOf({ type, entity, reason, message, summary, check, evidence }: Observation): number {
  const words = type.length + entity.length + reason.length + message.length + summary.length + check.length
  const more = evidence === undefined ? 0 : evidence.label.length + evidence.detail.length + evidence.metric.length + 40
  return 120 + wide(message + summary + entity) + words + more
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

/** The last word on each condition within a report; new ones only while there is room for them. */
export function withinRoom(
  observations: readonly Observation[],
  admission: Room,
  violations: Violation[],
): readonly Observation[] {
  const byKey = new Map<string, Observation>()
  for (const o of observations) byKey.set(conditionKey(o.type, o.entity), o)
  const { limits, holdings } = admission
  const { conditionsPerMonitor, conditionsOfPlugIns, entitiesPerType } = limits
  const entities = new Map<string, number>()
  const refused = new Map<string, number>()
  let fresh = 0
  for (const [key, { type }] of byKey) {
    if (holdings.condition(key) !== undefined) continue
    const known = entities.get(type) ?? holdings.entities(type)
    const why =
      holdings.conditions + fresh >= conditionsPerMonitor
        ? `one monitor may have ${conditionsPerMonitor}`
        : holdings.ofPlugIns + fresh >= conditionsOfPlugIns
          ? `all plug-ins together may have ${conditionsOfPlugIns}`
          : known >= entitiesPerType
            ? `one type may have ${entitiesPerType} entities, and ${type} has them`
            : ''
    if (why === '') {
      entities.set(type, known + 1)
      fresh++
      continue
    }
    byKey.delete(key)
    refused.set(why, (refused.get(why) ?? 0) + 1)
  }
  for (const [why, count] of refused) {
    violations.push({ code: 'too-many', text: `${count} new conditions were refused: ${why}` })
  }
  return withinBytes([...byKey.values()], admission, violations)
}

/** Words that are short enough for any number of conditions. */
const SHORT_WORDS = 80

/** A monitor whose words take too much of the bus has them cut short; what they say of health is kept. */
function withinBytes(
  observations: readonly Observation[],
  { limits, holdings }: Room,
  violations: Violation[],
): readonly Observation[] {
  let bytes = holdings.bytes
  let cutShort = 0
  const within = observations.map((observation) => {
    const before = holdings.condition(conditionKey(observation.type, observation.entity))
    bytes += bytesOf(observation) - (before === undefined ? 0 : bytesOf(before))
    if (bytes <= limits.bytesPerMonitor) return observation
    cutShort++
    return {
      ...observation,
      message: cleanText(observation.message, SHORT_WORDS),
      summary: cleanText(observation.summary, SHORT_WORDS),
      evidence: observation.evidence && { ...observation.evidence, detail: '', metric: '' },
    }
  })
  if (cutShort > 0) {
    const most = Math.round(limits.bytesPerMonitor / 1024)
    violations.push({
      code: 'too-many',
      text: `the words of ${cutShort} conditions were cut short: those of one monitor may be ${most} KiB together`,
    })
  }
  return within
}
