/** A plug-in's answer to CheckHealth (npd.external.v1) as a report. Pure. */
import {
  type ConditionStatus,
  type ConditionType,
  healthOf,
  type Observation,
  type Report,
  type Severity,
} from '#model'
import * as npd from '#proto/npd/external/v1/external_monitor.ts'

/** UNSPECIFIED and numbers that this reader does not know are Unknown. */
function statusOf(status: npd.ConditionStatus): ConditionStatus {
  if (status === npd.ConditionStatus.TRUE) return 'True'
  if (status === npd.ConditionStatus.FALSE) return 'False'
  return 'Unknown'
}

/** WARN is a warning; everything else is info, as the original client has it. */
function severityOf(severity: npd.Severity): Severity {
  return severity === npd.Severity.WARN ? 'warning' : 'info'
}

export interface Poll {
  readonly monitor: string
  readonly check: string
  /** Counts the polls that were answered, from 1. */
  readonly sequence: number
  readonly started: Date
  readonly durationUs: number
  readonly intervalMs: number
  readonly next: Date
  readonly now: Date
  readonly types: ReadonlyMap<string, ConditionType>
  /** Somebody asked for it between two turns. Default false. */
  readonly isAsked?: boolean
}

function observationOf(condition: npd.Condition, poll: Poll): Observation {
  const polarity = poll.types.get(condition.type)?.polarity ?? 'true-is-problem'
  const health = healthOf(statusOf(condition.status), polarity)
  return {
    type: condition.type,
    entity: '',
    health,
    severity: health === 'problem' ? 'warning' : 'info',
    reason: condition.reason,
    message: condition.message,
    summary: '',
    evidence: undefined,
    since: condition.transition,
    check: poll.check,
    observed: poll.started,
    ...(poll.isAsked && { asked: true }),
  }
}

/** The run of a poll, answered or not. */
export function runOf(poll: Omit<Poll, 'types' | 'sequence' | 'isAsked'>, error: string): Report['runs'][number] {
  const { check, started, durationUs, next, intervalMs } = poll
  return { check, checkType: 'npd.external.v1', started, durationUs, error, next, intervalMs }
}

export function reportOf(status: npd.Status, poll: Poll): Report {
  return {
    incarnation: 0,
    sequence: poll.sequence,
    time: poll.now,
    observations: status.conditions.map((condition) => observationOf(condition, poll)),
    events: status.events.map((event, index) => ({
      id: `${poll.monitor}-${poll.sequence}-${index}`,
      monitor: poll.monitor,
      check: poll.check,
      entity: '',
      severity: severityOf(event.severity),
      reason: event.reason,
      message: event.message,
      firstSeen: event.timestamp ?? poll.now,
      lastSeen: event.timestamp ?? poll.now,
      count: 1,
    })),
    metrics: [],
    runs: [runOf(poll, '')],
    withdrawn: [],
    complete: [],
  }
}
