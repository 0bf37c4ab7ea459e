/** What a check says, as the model has it: defaults filled in, texts cut to their limits. */
import {
  cleanDetail,
  cleanText,
  type Evidence,
  eventKey,
  MAX_ENTITY,
  MAX_MESSAGE,
  MAX_REASON,
  MAX_SUMMARY,
  MAX_VERBATIM_BYTES,
  type MetricSample,
  type NodeEvent,
  type Observation,
  type Report,
  wholeText,
} from '#model'
import { cleanEntity, keyOf } from './evaluate/entity.ts'
import type { EncodedSaid } from './report-bytes.ts'
import type { Finding, Happening } from './types.ts'

/** What a run says, before it has a sequence. */
export interface RunReport
  extends Pick<Report, 'observations' | 'events' | 'metrics' | 'runs' | 'withdrawn' | 'complete'> {
  /** Observations, events and withdrawn, where they are encoded already. */
  readonly said?: EncodedSaid | undefined
}

/** Of one report; more are told in another. Far below what a message may hold (4 MiB). */
const PART = { observations: 500, events: 200, metrics: 1000 } as const
/** And of their messages, of which a verbatim one may be 32 KiB; clean ones of 1,024 characters never reach it by their number. */
const PART_BYTES = 1_600_000

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

/** Reason and message as they are told: cut and cleaned, or, of what is verbatim, as the check has them. */
function wordsOf({ reason, message }: Pick<Finding, 'reason' | 'message'>, isVerbatim: boolean) {
  return isVerbatim
    ? { reason: reason.toWellFormed(), message: wholeText(message, MAX_VERBATIM_BYTES) }
    : { reason: cleanText(reason, MAX_REASON), message: cleanText(message, MAX_MESSAGE) }
}

/** @param isVerbatim its type is ({@link ConditionSpec.verbatim}) */
export function observationOf(finding: Finding, check: string, observed: Date, isVerbatim = false): Observation {
  const isProblem = finding.health === 'problem'
  return {
    type: finding.type,
    entity: keyOf(finding).entity,
    health: finding.health,
    severity: isProblem ? (finding.severity ?? 'warning') : 'info',
    ...wordsOf(finding, isVerbatim),
    summary: cleanText(finding.summary ?? '', MAX_SUMMARY),
    evidence: cleanEvidence(finding.evidence),
    since: finding.since,
    check,
    // Pending says "as it was": of something that is a problem or cannot be seen it would make no sense.
    pending: finding.pending && finding.health === 'healthy' ? true : undefined,
    observed,
    ...cleanDetail({ ...finding, observeOnly: finding.observeOnly === true ? true : undefined }),
  }
}

/** Longest key of an event; a longer one is cut, which its hash does not undo. */
const MAX_KEY = 256

/** Of what an event is told. */
interface EventOrigin {
  readonly monitor: string
  readonly check: string
  /** When it happened, if it does not say so. */
  readonly now: Date
  /** Its reason is verbatim. */
  readonly isVerbatim?: boolean
}

/** Its id is given by who takes the report: from its key, else from the report's number and the event's place in it. */
export function eventOf(happening: Happening, { monitor, check, now, isVerbatim = false }: EventOrigin): NodeEvent {
  const at = happening.at ?? now
  return {
    id: happening.key === undefined ? '' : eventKey(cleanText(happening.key, MAX_KEY)),
    monitor,
    check,
    entity: cleanEntity(happening.entity ?? ''),
    severity: happening.severity,
    ...wordsOf(happening, isVerbatim),
    source: isVerbatim && happening.source !== undefined ? happening.source.toWellFormed() : undefined,
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

/** At most `size` items in each, and about {@link PART_BYTES} of messages. */
function slices<T extends object>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  let bytes = 0
  for (const item of items) {
    const own = bytesOf(item)
    const part = parts.at(-1)
    if (part === undefined || part.length >= size || bytes + own > PART_BYTES) {
      parts.push([item])
      bytes = own
    } else {
      part.push(item)
      bytes += own
    }
  }
  return parts
}

/** Of its message, at its widest. */
function bytesOf(item: object): number {
  return 'message' in item && typeof item.message === 'string' ? 3 * item.message.length : 0
}

/** One report, or several when it says more than one may hold. That the check ran to its end is told with the last. */
export function partsOf(run: RunReport): readonly RunReport[] {
  const observations = slices(run.observations, PART.observations)
  const events = slices(run.events, PART.events)
  const metrics = slices(run.metrics, PART.metrics)
  const count = Math.max(1, observations.length, events.length, metrics.length)
  if (count === 1) return [run]
  return Array.from({ length: count }, (_, index) => ({
    observations: observations[index] ?? [],
    events: events[index] ?? [],
    metrics: metrics[index] ?? [],
    runs: index === count - 1 ? run.runs : [],
    withdrawn: index === 0 ? run.withdrawn : [],
    complete: index === count - 1 ? run.complete : [],
  }))
}
