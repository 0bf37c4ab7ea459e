/** What a check says, as the model has it: defaults filled in, texts cut to their limits. */
import {
  cleanText,
  type Evidence,
  MAX_ENTITY,
  MAX_MESSAGE,
  MAX_REASON,
  MAX_SUMMARY,
  type MetricSample,
  type NodeEvent,
  type Observation,
  type Report,
} from '#model'
import { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'
import { cleanEntity, keyOf } from './evaluate/entity.ts'
import type { Finding, Happening } from './types.ts'

/** What a run says, before it has a sequence. */
export type RunReport = Pick<Report, 'observations' | 'events' | 'metrics' | 'runs' | 'withdrawn' | 'complete'>

/** Of one report; more are told in another. Far below what a message may hold (4 MiB). */
const PART = { observations: 500, events: 200, metrics: 1000 } as const

/** Longest texts that the model takes of an error, of evidence, and labels of one sample (libs/model/admit.ts). */
const MAX_ERROR = 512
const EVIDENCE = { unit: 16, label: 40, detail: 240, metric: 256 } as const
const LABELS_MAX = 8

/** What went wrong, in one clean line; an error without words says so. */
export function errorText(err: unknown): string {
  const text = cleanText(err instanceof Error ? err.message : String(err), MAX_ERROR)
  return text === '' ? 'it failed without saying why' : text
}

function cleanEvidence(evidence: Evidence | undefined): Evidence | undefined {
  if (evidence === undefined) return undefined
  const { unit, label, detail, metric } = evidence
  return {
    ...evidence,
    unit: cleanText(unit, EVIDENCE.unit),
    label: cleanText(label, EVIDENCE.label),
    detail: cleanText(detail, EVIDENCE.detail),
    metric: cleanText(metric, EVIDENCE.metric),
  }
}

export function observationOf(finding: Finding, check: string, observed: Date): Observation {
  const isProblem = finding.health === 'problem'
  return {
    type: finding.type,
    entity: keyOf(finding).entity,
    health: finding.health,
    severity: isProblem ? (finding.severity ?? 'warning') : 'info',
    reason: cleanText(finding.reason, MAX_REASON),
    message: cleanText(finding.message, MAX_MESSAGE),
    summary: cleanText(finding.summary ?? '', MAX_SUMMARY),
    evidence: cleanEvidence(finding.evidence),
    since: finding.since,
    check,
    // Pending says "as it was": of something that is a problem or cannot be seen it would make no sense.
    pending: finding.pending && finding.health === 'healthy' ? true : undefined,
    observed,
  }
}

/** Its id is given by who takes the report: from the report's number and the event's place in it. */
export function eventOf(happening: Happening, monitor: string, check: string, now: Date): NodeEvent {
  const at = happening.at ?? now
  return {
    id: '',
    monitor,
    check,
    entity: cleanEntity(happening.entity ?? ''),
    severity: happening.severity,
    reason: cleanText(happening.reason, MAX_REASON),
    message: cleanText(happening.message, MAX_MESSAGE),
    firstSeen: at,
    lastSeen: at,
    count: happening.count ?? 1,
  }
}

function cleanLabels(labels: MetricSample['labels']): MetricSample['labels'] {
  const entries = Object.entries(labels).slice(0, LABELS_MAX)
  return Object.fromEntries(entries.map(([label, value]) => [cleanText(label, 64), cleanText(value, MAX_ENTITY)]))
}

/** Numbers that are none are not told. */
export function samplesOf(metrics: readonly MetricSample[] = []): readonly MetricSample[] {
  return metrics
    .filter(({ value }) => Number.isFinite(value))
    .map(({ name, labels, value }) => ({ name: cleanText(name, MAX_ENTITY), labels: cleanLabels(labels), value }))
}

/**
 * What a check says may be anything at run time: a health that is no word, a time that is no date. It has to fail here,
 * as that check's failure, and not when the report is sent.
 * @throws what the encoder says of it
 */
export function assertTellable(said: Omit<RunReport, 'runs' | 'complete'>): void {
  ProtoReport.encode(toProtoReport({ ...said, runs: [], complete: [], incarnation: 1, sequence: 1, time: new Date(0) }))
}

function slices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** One report, or several when it says more than one may hold. That the check ran to its end is told with the last. */
export function partsOf(run: RunReport): readonly RunReport[] {
  const observations = slices(run.observations, PART.observations)
  const events = slices(run.events, PART.events)
  const metrics = slices(run.metrics, PART.metrics)
  const count = Math.max(1, observations.length, events.length, metrics.length)
  return Array.from({ length: count }, (_, index) => ({
    observations: observations[index] ?? [],
    events: events[index] ?? [],
    metrics: metrics[index] ?? [],
    runs: index === count - 1 ? run.runs : [],
    withdrawn: index === 0 ? run.withdrawn : [],
    complete: index === count - 1 ? run.complete : [],
  }))
}
