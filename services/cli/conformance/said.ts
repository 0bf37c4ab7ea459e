/** Everything that a plug-in said of conditions and events, by whichever protocol, in one form. Pure. */
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { ConditionStatus, Severity as NpdSeverity, type Status } from '#proto/npd/external/v1/external_monitor.ts'
import type { Facts, Outcome, Protocol, Stream } from './types.ts'

export interface SaidCondition {
  readonly type: string
  readonly entity: string
  /** As a number of the protocol. */
  readonly status: number
  readonly isKnownStatus: boolean
  readonly reason: string
  readonly message: string
  readonly since: Date | undefined
}

export interface SaidEvent {
  readonly severity: number
  readonly isKnownSeverity: boolean
  readonly reason: string
  readonly message: string
  readonly time: Date | undefined
}

/** One answer or report. */
export interface Said {
  readonly protocol: Protocol
  /** "CheckHealth", "Check", "Watch" */
  readonly where: string
  readonly at: Date
  /** Of a report alone. */
  readonly time: Date | undefined
  readonly conditions: readonly SaidCondition[]
  readonly events: readonly SaidEvent[]
}

const HEALTHS = 3
const SEVERITIES = 4

function isOneOf(value: number, last: number): boolean {
  return value >= 1 && value <= last
}

function ofStatus(answer: Outcome<Status>): Said[] {
  if (answer.kind !== 'answered') return []
  const conditions = answer.value.conditions.map(({ type, status, transition, reason, message }) => {
    const isKnownStatus = isOneOf(status, ConditionStatus.UNKNOWN)
    return { type, entity: '', status, isKnownStatus, reason, message, since: transition }
  })
  const events = answer.value.events.map(({ severity, timestamp, reason, message }) => {
    return { severity, isKnownSeverity: isOneOf(severity, NpdSeverity.WARN), reason, message, time: timestamp }
  })
  const { at } = answer
  return [{ protocol: 'npd.external.v1', where: 'CheckHealth', at, time: undefined, conditions, events }]
}

function ofReport(report: Report | undefined, where: string, at: Date): Said[] {
  if (report === undefined) return []
  const conditions = report.observations.map(({ type, entity, health: status, reason, message, since }) => {
    return { type, entity, status, isKnownStatus: isOneOf(status, HEALTHS), reason, message, since }
  })
  const events = report.events.map(({ severity, reason, message, firstSeen: time }) => {
    return { severity, isKnownSeverity: isOneOf(severity, SEVERITIES), reason, message, time }
  })
  return [{ protocol: 'nodedoctor.v1', where, at, time: report.time, conditions, events }]
}

/** The ordinary answers of CheckHealth, in their order: what was asked with absurd parameters is not among them. */
export function ordinaryAnswers({ external }: Facts): Outcome<Status>[] {
  if (external === undefined) return []
  const { first, second, atOnce, restarted, idle } = external
  return [first, second, ...atOnce.answers, restarted, idle]
}

function ofStream({ heard }: Stream): Said[] {
  return heard.flatMap(({ value, at }) => ofReport(value.report, 'Watch', at))
}

function ofCheck(answer: Outcome<CheckResponse>): Said[] {
  return answer.kind === 'answered' ? ofReport(answer.value.report, 'Check', answer.at) : []
}

/** Every answer and every report. */
export function saidIn(facts: Facts): Said[] {
  const { monitor } = facts
  const polled = ordinaryAnswers(facts).flatMap(ofStatus)
  if (monitor === undefined) return polled
  const { one, all, first, second, third } = monitor
  return [...polled, ...[one, all].flatMap(ofCheck), ...[first, second, third].flatMap(ofStream)]
}

/** What CheckHealth said, answer by answer. */
export function polledIn(facts: Facts): Said[] {
  return ordinaryAnswers(facts).flatMap(ofStatus)
}

/** Every report of nodedoctor.v1, with where it came. */
export function reportsIn({ monitor }: Facts): { readonly where: string; readonly report: Report }[] {
  if (monitor === undefined) return []
  const checked = [monitor.one, monitor.all].flatMap((answer) =>
    answer.kind === 'answered' ? (answer.value.report ?? []) : [],
  )
  const streams = [monitor.first, monitor.second, monitor.third]
  const watched = streams.flatMap(({ heard }) => heard.flatMap(({ value }) => value.report ?? []))
  return [
    ...checked.map((report) => ({ where: 'Check', report })),
    ...watched.map((report) => ({ where: 'Watch', report })),
  ]
}

/** Types that are told word by word: their words are their source's. */
export function verbatimTypes({ monitor }: Facts): ReadonlySet<string> {
  if (monitor?.describe.kind !== 'answered') return new Set()
  return new Set(monitor.describe.value.conditionTypes.flatMap(({ type, verbatim }) => (verbatim ? [type] : [])))
}

/** The same of reasons of events. */
export function verbatimReasons({ monitor }: Facts): ReadonlySet<string> {
  if (monitor?.describe.kind !== 'answered') return new Set()
  return new Set(monitor.describe.value.eventReasons.flatMap(({ reason, verbatim }) => (verbatim ? [reason] : [])))
}
