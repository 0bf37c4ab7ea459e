/** What is recorded, made from the model: lanes and their states. Pure. */
import { cleanText, DETECTOR, fingerprintOf, isInitial, type NodeCondition, type Problem, renderLabel } from '#model'
import { conditionId, type EventView, type Level, levelOf } from '#view'

/** A lane's state at a moment. `level` healthy ends whatever stood there. */
export interface LaneState {
  readonly lane: string
  readonly id: string
  readonly label: string
  readonly level: Level
  readonly reason: string
  readonly message: string
  /** When this health began. */
  readonly since: Date
}

const MESSAGE = 240

/** Key of a monitor's own lane: unreachable intervals and restarts. */
export function monitorLane(name: string): string {
  return `monitor:${cleanText(name, 128)}`
}

/** What the detector says of a monitor's liveness belongs to that monitor's own lane. */
function laneOf(speaker: string, type: string, entity: string): string {
  if (speaker === DETECTOR && type === 'MonitorUnreachable' && entity.startsWith('monitor:')) {
    return monitorLane(entity.slice('monitor:'.length))
  }
  return conditionLane(type, entity)
}

/** Key of a condition's lane; both texts are clean. */
export function conditionLane(type: string, entity: string): string {
  return `condition:${encodeURIComponent(type)}/${entity}`
}

/** Key of the lane of a problem from events. */
export function eventLane(fingerprint: string): string {
  return `event:${cleanText(fingerprint, 256)}`
}

export function stateOfCondition(condition: NodeCondition): LaneState {
  const entity = cleanText(condition.entity, 128)
  const type = cleanText(condition.type, 128)
  const monitor = [...condition.sources].sort()[0] ?? ''
  const lane = laneOf(monitor, type, entity)
  return {
    lane,
    id: lane.startsWith('monitor:') ? lane : conditionId(cleanText(monitor, 128), type, entity),
    label: cleanText(condition.label, 120) || renderLabel('', type, entity),
    // Words of its configuration are no state that it was seen in.
    level:
      isInitial(condition) && condition.health === 'healthy'
        ? 'unknown'
        : levelOf(condition.health, condition.severity),
    reason: cleanText(condition.reason, 128),
    message: cleanText(condition.message, MESSAGE),
    since: condition.since,
  }
}

/** The lane of a problem from events; undefined for one of a condition, which has its condition's lane. */
export function stateOfEventProblem(problem: Problem): LaneState | undefined {
  if (!problem.fromEvent) return undefined
  const lane = eventLane(problem.fingerprint)
  const open = problem.phase !== 'resolved'
  return {
    lane,
    id: lane,
    label: cleanText(problem.label, 120) || cleanText(problem.type, 120),
    level: open ? levelOf('problem', problem.severity) : 'healthy',
    reason: cleanText(problem.reason, 128),
    message: cleanText(problem.message, MESSAGE),
    since: open ? problem.opened : (problem.resolved ?? problem.changed),
  }
}

/** A problem that is over, as one interval of its lane. */
export interface PastInterval extends LaneState {
  readonly until: Date
}

/** What a resolved problem adds where its lane knows nothing of that time (this process was down). */
export function pastOf(problem: Problem): PastInterval | undefined {
  if (problem.phase !== 'resolved' || problem.resolved === undefined) return undefined
  const type = cleanText(problem.type, 128)
  const entity = cleanText(problem.entity, 128)
  const event = stateOfEventProblem(problem)
  const lane = event?.lane ?? laneOf(problem.owner, type, entity)
  return {
    lane,
    id: event?.id ?? (lane.startsWith('monitor:') ? lane : conditionId(cleanText(problem.owner, 128), type, entity)),
    label: cleanText(problem.label, 120) || renderLabel('', type, entity),
    level: levelOf('problem', problem.worst),
    reason: cleanText(problem.reason, 128),
    message: cleanText(problem.message, MESSAGE),
    since: problem.opened,
    until: problem.resolved,
  }
}

/** Which lane an event is a tick of by itself; where no such lane is drawn, it goes to the lanes of its entity. */
export function laneOfEvent(event: EventView): string {
  if (event.entity.startsWith('monitor:') && event.monitor === DETECTOR) {
    return monitorLane(event.entity.slice('monitor:'.length))
  }
  return `event:${fingerprintOf(event.monitor, event.reason, event.entity)}`
}
