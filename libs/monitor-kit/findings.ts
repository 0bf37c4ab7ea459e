/** What a check says, as the model has it: defaults filled in, texts cut to their limits. */
import {
  cleanDetail,
  cleanText,
  type Evidence,
  eventKey,
  MAX_ENTITY,
  MAX_LABEL,
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

/** Of one report; more are told in another. */
const PART = { observations: 500, events: 200, metrics: 1000 } as const
/** And of all that is in it: below the least that a watcher may take in one message (`detector.limits.messageBytes`, 64 KiB). */
const PART_BYTES = 60_000
/** Of numbers, times and what names fields, for each thing; an upper bound. */
const THING_BYTES = 96

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
    observed: finding.observed ?? observed,
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
  return Object.fromEntries(entries.map(([label, value]) => [cleanText(label, 64), cleanText(value, MAX_LABEL)]))
}

/** Numbers that are none are not told. `check` is who measured them, where others of its kind may measure the same. */
export function samplesOf(metrics: readonly MetricSample[] = [], check?: string): readonly MetricSample[] {
  const by = check === undefined ? {} : { check }
  return metrics
    .filter(({ value }) => Number.isFinite(value))
    .map(({ name, labels, value }) => ({
      name: cleanText(name, MAX_ENTITY),
      labels: cleanLabels(labels),
      value,
      ...by,
    }))
}

/** Bytes of its texts in a message, whatever they are written in, and of what stands around them. */
function bytesOf(thing: object): number {
  let bytes = THING_BYTES
  for (const [name, value] of Object.entries(thing) as [string, unknown][]) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value) + 4
    // Labels have their names in the message, too.
    else if (typeof value === 'object' && value !== null) bytes += bytesOf(value) + name.length
  }
  return bytes
}

/** At most `size` of them in each, and {@link PART_BYTES}. */
function slices<T extends object>(things: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  let bytes = 0
  for (const thing of things) {
    const own = bytesOf(thing)
    const part = parts.at(-1)
    if (part === undefined || part.length >= size || bytes + own > PART_BYTES) {
      parts.push([thing])
      bytes = own
    } else {
      part.push(thing)
      bytes += own
    }
  }
  return parts
}

function fitsInOne({ observations, events, metrics, withdrawn }: RunReport): boolean {
  if (observations.length > PART.observations || events.length > PART.events || metrics.length > PART.metrics)
    return false
  let bytes = 0
  for (const thing of [...observations, ...events, ...metrics, ...withdrawn]) bytes += bytesOf(thing)
  return bytes <= PART_BYTES
}

/**
 * One report, or several when it says more than one may hold: first what was seen, then what happened, then what was measured. That
 * the check ran to its end is told with the last.
 */
export function partsOf(run: RunReport): readonly RunReport[] {
  if (fitsInOne(run)) return [run]
  const nothing = { observations: [], events: [], metrics: [], runs: [], withdrawn: [], complete: [] }
  const parts: RunReport[] = [
    ...slices(run.withdrawn, PART.observations).map((withdrawn) => ({ ...nothing, withdrawn })),
    ...slices(run.observations, PART.observations).map((observations) => ({ ...nothing, observations })),
    ...slices(run.events, PART.events).map((events) => ({ ...nothing, events })),
    ...slices(run.metrics, PART.metrics).map((metrics) => ({ ...nothing, metrics })),
  ]
  const last = parts.pop() ?? nothing
  return [...parts, { ...last, runs: run.runs, complete: run.complete }]
}
