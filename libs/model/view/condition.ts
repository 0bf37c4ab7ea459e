import { DETECTOR } from '../problem.ts'
import { cleanText } from '../text.ts'
import type { MonitorState, NodeCondition } from '../types.ts'
import type { ConditionView } from '../view.ts'
import { cleanEvidence, SHOWN } from './clean.ts'
import { renderTime } from './duration.ts'
import type { Liveness } from './facts.ts'
import { conditionId, homeOf } from './ids.ts'
import { levelOf } from './level.ts'

/** Reason of every condition while the detector is not heard. */
export const DETECTOR_UNREACHABLE = 'DetectorUnreachable'

/** Proof by heartbeat is told in steps of this, so that not every heartbeat is news. */
const HEARTBEAT_STEP_MS = 15_000

/**
 * When a condition was last proven: when it was observed, or when its check last ran to its end if that was later and stands
 * for it. Never ahead of now.
 * What the detector says of monitors and of itself is proven by its heartbeat.
 */
export function provenAt(
  condition: NodeCondition,
  monitors: ReadonlyMap<string, MonitorState>,
  detector: Liveness,
  now: Date,
): Date {
  const { observed: told, sources, check, health, held, byLook } = condition
  // A look that lies ahead was made before the clock was set back: when that was is not known any more.
  const observed = told > now ? floorTo(now, HEARTBEAT_STEP_MS) : told
  if (health === 'unknown' || held !== '' || byLook === true) return observed
  const [source] = sources
  const proof =
    source === DETECTOR && sources.length === 1
      ? detector.lastHeartbeat && floorTo(detector.lastHeartbeat, HEARTBEAT_STEP_MS)
      : monitors.get(source ?? '')?.runs.find((run) => run.check === check && check !== '' && run.error === '')?.started
  if (proof === undefined || proof > now) return observed
  return proof > told || told > now ? proof : told
}

function floorTo(time: Date, stepMs: number): Date {
  return new Date(Math.floor(time.getTime() / stepMs) * stepMs)
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
    message: cleanText(condition.message, SHOWN.message),
    label: cleanText(condition.label, SHOWN.summary),
    since: renderTime(condition.since, now),
    proven: renderTime(proven, now),
    monitor,
    sources,
    check: cleanText(condition.check, SHOWN.name),
    polarity: condition.polarity,
    held: condition.held,
    recovery: cleanText(condition.recovery, SHOWN.detail),
    ...(evidence === undefined ? {} : { evidence }),
  }
}

/** The same condition once its detector is not heard any more: old state never looks like new state. */
export function staleCondition(view: ConditionView, detector: Liveness): ConditionView {
  const lost = detector.lastHeartbeat ?? detector.listeningSince
  const since = renderTime(lost, lost)
  const said = cleanText(view.message, SHOWN.message - 80)
  return {
    ...view,
    status: 'Unknown',
    health: 'unknown',
    level: 'stale',
    reason: DETECTOR_UNREACHABLE,
    message: `nothing heard from the detector since ${since}; last it said: ${said === '' ? view.reason : said}`,
    since,
    held: 'unreachable',
  }
}
