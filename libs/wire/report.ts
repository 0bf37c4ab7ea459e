/** What monitors send: reports and their parts. */
import type { CheckRun, ConditionKey, Evidence, MetricSample, NodeEvent, Observation, Report } from '#model'
import type * as pb from '#proto/nodedoctor/v1/types.ts'
import { fromProtoDetail, strangeIn, toProtoDetail } from './detail.ts'
import { fromProtoHealth, fromProtoSeverity, optionalTime, timeOr, toProtoHealth, toProtoSeverity } from './enums.ts'

/** Writes evidence. */
export function toProtoEvidence(evidence: Evidence): pb.Evidence {
  return { ...evidence }
}
/** Reads evidence; undefined where none was told. */
export function fromProtoEvidence(evidence: pb.Evidence | undefined): Evidence | undefined {
  if (evidence === undefined) return undefined
  const { value, unit, warning, critical, lowIsBad, label, detail, metric } = evidence
  return { value, unit, warning, critical, lowIsBad, label, detail, metric }
}

/** Writes an observation. */
export function toProtoObservation(o: Observation): pb.Observation {
  return {
    type: o.type,
    entity: o.entity,
    health: toProtoHealth(o.health),
    severity: toProtoSeverity(o.severity),
    reason: o.reason,
    message: o.message,
    summary: o.summary,
    evidence: o.evidence && toProtoEvidence(o.evidence),
    since: o.since,
    check: o.check,
    pending: o.pending ?? false,
    observed: o.observed,
    asked: o.asked ?? false,
    ...toProtoDetail(o),
  }
}
/** Reads an observation. */
export function fromProtoObservation(o: pb.Observation): Observation {
  return {
    type: o.type,
    entity: o.entity,
    health: fromProtoHealth(o.health),
    severity: fromProtoSeverity(o.severity),
    reason: o.reason,
    message: o.message,
    summary: o.summary,
    evidence: fromProtoEvidence(o.evidence),
    since: optionalTime(o.since),
    check: o.check,
    pending: o.pending,
    observed: optionalTime(o.observed),
    asked: o.asked || undefined,
    ...fromProtoDetail(o),
  }
}

/** Writes an event. */
export function toProtoEvent(e: NodeEvent): pb.Event {
  return {
    id: e.id,
    monitor: e.monitor,
    check: e.check,
    entity: e.entity,
    severity: toProtoSeverity(e.severity),
    reason: e.reason,
    message: e.message,
    firstSeen: e.firstSeen,
    lastSeen: e.lastSeen,
    count: e.count,
    source: e.source ?? '',
  }
}
/** `now` stands in for times that were not told. */
export function fromProtoEvent(e: pb.Event, now: Date): NodeEvent {
  const firstSeen = timeOr(e.firstSeen, now)
  return {
    id: e.id,
    monitor: e.monitor,
    check: e.check,
    entity: e.entity,
    severity: fromProtoSeverity(e.severity),
    reason: e.reason,
    message: e.message,
    firstSeen,
    lastSeen: timeOr(e.lastSeen, firstSeen),
    count: Math.max(1, e.count),
    source: e.source === '' ? undefined : e.source,
  }
}

/** The events that no reader had taken at a stop, and the store that held them. */
export interface KeptEvents {
  /** The incarnation of the bus's store that holds them. */
  readonly store: string
  /** Oldest first. */
  readonly events: readonly NodeEvent[]
}

/** Writes events that are kept over a restart. */
export function toProtoKeptEvents({ store, events }: KeptEvents): pb.KeptEvents {
  return { store, events: events.map(toProtoEvent) }
}
/** `now` stands in for times that were not told. */
export function fromProtoKeptEvents({ store, events }: pb.KeptEvents, now: Date): KeptEvents {
  return { store, events: events.map((event) => fromProtoEvent(event, now)) }
}

/** Writes a sample. */
export function toProtoSample(s: MetricSample): pb.MetricSample {
  return { name: s.name, labels: { ...s.labels }, value: s.value, check: s.check }
}
/** Reads a sample. */
export function fromProtoSample(s: pb.MetricSample): MetricSample {
  const { name, labels, value, check } = s
  return check === undefined ? { name, labels: { ...labels }, value } : { name, labels: { ...labels }, value, check }
}

/** Writes the run of a check. */
export function toProtoRun(run: CheckRun): pb.CheckRun {
  return {
    check: run.check,
    checkType: run.checkType,
    started: run.started,
    durationUs: run.durationUs,
    error: run.error,
    next: run.next,
    intervalMs: run.intervalMs,
    costUs: run.costUs,
    lateUs: run.lateUs,
  }
}
/** Reads the run of a check; a time that was not told, or makes no sense, is `now`. */
export function fromProtoRun(run: pb.CheckRun, now: Date): CheckRun {
  return {
    check: run.check,
    checkType: run.checkType,
    started: timeOr(run.started, now),
    durationUs: run.durationUs,
    error: run.error,
    next: optionalTime(run.next),
    intervalMs: run.intervalMs,
    costUs: run.costUs,
    lateUs: run.lateUs,
  }
}

/** Writes the key of a condition. */
export function toProtoConditionKey(key: ConditionKey): pb.ConditionKey {
  return { type: key.type, entity: key.entity }
}
/** Reads the key of a condition. */
export function fromProtoConditionKey(key: pb.ConditionKey): ConditionKey {
  return { type: key.type, entity: key.entity }
}

/** Writes a report. */
export function toProtoReport(report: Report): pb.Report {
  return {
    incarnation: report.incarnation,
    sequence: report.sequence,
    time: report.time,
    observations: report.observations.map(toProtoObservation),
    events: report.events.map(toProtoEvent),
    metrics: report.metrics.map(toProtoSample),
    runs: report.runs.map(toProtoRun),
    withdrawn: report.withdrawn.map(toProtoConditionKey),
    complete: [...report.complete],
  }
}
/** `now` stands in for times that were not told. */
export function fromProtoReport(report: pb.Report, now: Date): Report {
  return {
    incarnation: report.incarnation,
    sequence: report.sequence,
    time: timeOr(report.time, now),
    observations: report.observations.map(fromProtoObservation),
    events: report.events.map((e) => fromProtoEvent(e, now)),
    metrics: report.metrics.map(fromProtoSample),
    runs: report.runs.map((r) => fromProtoRun(r, now)),
    withdrawn: report.withdrawn.map(fromProtoConditionKey),
    complete: [...report.complete],
    strange: strangeIn(report.observations),
  }
}
