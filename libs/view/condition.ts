import {
  cleanText,
  DETECTOR_UNREACHABLE,
  isInitial,
  type Liveness,
  MAX_VERBATIM_BYTES,
  type NodeCondition,
  wholeText,
} from '#model'
import { cleanEvidence, cleanMessage, SHOWN } from './clean.ts'
import { renderDetail } from './detail.ts'
import { renderClock, renderTime } from './duration.ts'
import { conditionId, homeOf } from './ids.ts'
import { levelOf } from './level.ts'
import type { ConditionView } from './types.ts'

/** What stands of a condition before anybody has spoken of it proves nothing, however well it sounds. */
function unspoken({ health, message }: NodeCondition): Pick<ConditionView, 'level' | 'message'> {
  if (health !== 'healthy') return { level: levelOf(health, 'info'), message: cleanMessage(message) }
  return { level: 'unknown', message: cleanMessage(`not heard of yet; its configuration says until then: ${message}`) }
}

/** One condition as the detector has it. */
export function renderCondition(condition: NodeCondition, proven: Date, now: Date): ConditionView {
  const sources = condition.sources.map((source) => cleanText(source, SHOWN.name))
  const monitor = homeOf(sources)
  const type = cleanText(condition.type, SHOWN.name)
  const entity = cleanText(condition.entity, SHOWN.entity)
  const evidence = cleanEvidence(condition.evidence)
  return {
    id: conditionId(monitor, type, entity),
    type,
    entity,
    status: condition.status,
    health: condition.health,
    level: levelOf(condition.health, condition.severity),
    severity: condition.severity,
    reason: cleanText(condition.reason, SHOWN.reason),
    message: cleanMessage(condition.message),
    label: cleanText(condition.label, SHOWN.summary),
    since: renderTime(condition.since, now),
    ...(isInitial(condition) ? unspoken(condition) : { proven: renderTime(proven, now) }),
    monitor,
    sources,
    check: cleanText(condition.check, SHOWN.name),
    polarity: condition.polarity,
    held: condition.held,
    recovery: cleanText(condition.recovery, SHOWN.detail),
    ...(evidence === undefined ? {} : { evidence }),
    ...renderDetail(condition),
  }
}

/** The same condition once its detector is not heard any more: old state never looks like new state. */
export function staleCondition(view: ConditionView, detector: Liveness): ConditionView {
  const lost = detector.lastHeartbeat ?? detector.listeningSince
  const since = renderTime(lost, lost)
  // With its day: this is made once, and may be read for days.
  const from = renderClock(lost, new Date(Number.NaN))
  // What was to be done then is no advice for now.
  const { action: _action, observeOnly: _observeOnly, ...known } = view
  return {
    ...known,
    status: 'Unknown',
    health: 'unknown',
    level: 'stale',
    reason: DETECTOR_UNREACHABLE,
    message: wholeText(
      `detector not heard since ${from}; before that: ${view.message || view.reason}`,
      MAX_VERBATIM_BYTES,
    ),
    since,
    held: 'unreachable',
  }
}
