/**
 * A plug-in is never trusted: what it sends is cut to its limits and checked against its declaration before it may
 * touch the state. What does not pass is named, and the rest is kept.
 */
import { createDepths } from './depth.ts'
import { cleanDetail } from './detail.ts'
import { conditionKey } from './keys.ts'
import {
  MAX_ENTITY,
  MAX_LABEL,
  MAX_MESSAGE,
  MAX_REASON,
  MAX_SUMMARY,
  MAX_TYPE,
  MAX_VERBATIM_BYTES,
  MAX_VERBATIM_NAME,
  type ReportLimits,
  type Violation,
} from './limits.ts'
import { createRoom, type Holdings } from './room.ts'
import { isHeldByOthers, type MonitorDeclaration } from './state.ts'
import { cleanName, cleanText, cutText, hashText, wholeText } from './text.ts'
import {
  type CheckRun,
  type ConditionKey,
  type Evidence,
  type MetricSample,
  type NodeEvent,
  type Observation,
  type Report,
  VIOLATIONS_KEPT,
} from './types.ts'

/** Longest name of a monitor, a check or a source, in UTF-16 units. */
export const MAX_NAME = 128

/** A monitor's time is believed when it is within this of ours; else ours stands. */
export const MAX_CLOCK_DIFFERENCE_MS = 300_000

/** How old a numbered report may be: one that its monitor kept while nobody took it. Its looks and events likewise. */
export const MAX_KEPT_MS = 86_400_000

/** What a monitor may say. */
export interface Admission {
  readonly declaration: MonitorDeclaration
  readonly limits: ReportLimits
  /** Whose a type is that this monitor may not speak of. */
  readonly owner: (type: string) => string | undefined
  /** What this monitor and the others hold now. */
  readonly holdings: Holdings
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/

function validName(name: string, maxLength: number): boolean {
  return name.length <= maxLength && NAME.test(name)
}

/** Stands for a reason that is empty. */
const NO_REASON = 'NoReason'

/** A reason as it may be shown and counted: CamelCase as it came, or cleaned, with a hash where that lost something. */
export function admitReason(reason: string): string {
  if (validName(reason, MAX_REASON)) return reason
  if (reason === '') return NO_REASON
  const clean = cleanName(reason, 40)
  return clean === ''
    ? `Unnamed-${hashText(reason.slice(0, 4096)).slice(0, 8)}`
    : `${clean}-${hashText(reason.slice(0, 4096)).slice(0, 8)}`
}

/** A verbatim type or reason: as it is, but well-formed and not longer than any declared one may be. */
function verbatimName(name: string): string {
  return cutText(name.toWellFormed(), MAX_VERBATIM_NAME)
}

/** Whether a text may be a verbatim type or reason: nothing of it is lost by {@link verbatimName}, and no key is forged by it. */
export function isVerbatimName(name: string): boolean {
  return verbatimName(name) === name && !name.includes('\u0000')
}

/** Reason and message as they are kept: clean, or, of what is verbatim, as they came. */
function admitWords(
  { reason, message }: Pick<Observation, 'reason' | 'message'>,
  verbatim: true | undefined,
): Pick<Observation, 'reason' | 'message'> {
  return verbatim
    ? { reason: verbatimName(reason), message: wholeText(message, MAX_VERBATIM_BYTES) }
    : { reason: admitReason(reason), message: cleanText(message, MAX_MESSAGE) }
}

/** How far back times of a report make sense: one with a number may have been kept for long. */
function pastOf({ incarnation }: Report): number {
  return incarnation === 0 ? MAX_CLOCK_DIFFERENCE_MS : MAX_KEPT_MS
}

function admitTime(time: Date, past: number, now: Date, violations: Violation[], what: string): Date {
  const ageMs = now.getTime() - time.getTime()
  if (ageMs <= past && ageMs >= -MAX_CLOCK_DIFFERENCE_MS) return time
  const told = Number.isFinite(time.getTime()) ? time.toISOString() : 'no time'
  const far = ageMs > 0 && past === MAX_KEPT_MS ? '24 h' : '5 min'
  violations.push({
    code: 'time-senseless',
    text: `${what} says ${told}, more than ${far} from now; the time of its arrival stands`,
  })
  return now
}

/** What lies before 1971 is no time that anybody meant. */
const SENSIBLE_MS = 31_536_000_000

/** What lies behind the year 9999 no protocol can tell. */
const LAST_MS = Date.UTC(9999, 11, 31)

/** A beginning may lie as far back as 1971, never ahead; one that is told verbatim anywhere from 1971 on. */
function admitSince(since: Date | undefined, now: Date, verbatim: true | undefined): Date | undefined {
  if (since === undefined) return undefined
  const ms = since.getTime()
  const lastMs = verbatim ? LAST_MS : now.getTime() + MAX_CLOCK_DIFFERENCE_MS
  return ms > SENSIBLE_MS && ms <= lastMs ? since : undefined
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

function admitEvidence(evidence: Evidence | undefined): Evidence | undefined {
  if (evidence === undefined || !Number.isFinite(evidence.value)) return undefined
  return {
    value: evidence.value,
    unit: cleanText(evidence.unit, 16),
    warning: finite(evidence.warning),
    critical: finite(evidence.critical),
    lowIsBad: evidence.lowIsBad,
    label: cleanText(evidence.label, 40),
    detail: cleanText(evidence.detail, 240),
    metric: cleanText(evidence.metric, 256),
  }
}

/** Whether the monitor has a check of this name; another one says nothing to anybody. */
function declaredChecks({ checks }: MonitorDeclaration): (check: string) => boolean {
  if (checks.length === 0) return () => true
  const names = new Set(checks.map(({ check }) => check))
  return (check) => names.has(check)
}

function admitObservation(
  o: Observation,
  admission: Admission & { readonly declares: (check: string) => boolean },
  now: Date,
  violations: Violation[],
): Observation | undefined {
  const { declaration } = admission
  const verbatim = declaration.conditionTypes.get(o.type)?.verbatim
  if (!verbatim && !validName(o.type, MAX_TYPE)) {
    violations.push({
      code: 'name-invalid',
      text: `condition type ${JSON.stringify(cleanText(o.type, 80))} is not a name`,
    })
    return undefined
  }
  const owner = admission.owner(o.type)
  const declared = declaration.conditionTypes.has(o.type)
  if ((owner !== undefined && owner !== declaration.name) || (!declared && !declaration.open)) {
    const whose = owner === undefined ? 'it declares no such type' : `it belongs to ${owner}`
    violations.push({ code: 'type-not-owned', text: `condition ${o.type} was refused: ${whose}` })
    return undefined
  }
  if (o.reason === '' && !verbatim) violations.push({ code: 'name-invalid', text: `condition ${o.type} has no reason` })
  return {
    type: o.type,
    entity: cleanText(o.entity, MAX_ENTITY),
    health: o.health,
    severity: o.health === 'problem' && o.severity === 'info' ? 'warning' : o.severity,
    ...admitWords(o, verbatim),
    summary: cleanText(o.summary, MAX_SUMMARY),
    evidence: admitEvidence(o.evidence),
    since: admitSince(o.since, now, verbatim),
    check: admission.declares(o.check) ? cleanText(o.check, MAX_NAME) : '',
    pending: o.pending === true && o.health === 'healthy' && !verbatim ? true : undefined,
    observed:
      o.observed !== undefined && Math.abs(o.observed.getTime() - now.getTime()) <= MAX_KEPT_MS
        ? o.observed
        : undefined,
    ...cleanDetail(o),
  }
}

/** Only who may speak in a source's own words may name that source: no other is to be taken for somebody else. */
function admitSource(
  e: NodeEvent,
  { origin, eventReasons }: MonitorDeclaration,
  violations: Violation[],
): string | undefined {
  if (e.source === undefined) return undefined
  if (eventReasons.get(e.reason)?.verbatim) return cleanText(e.source, MAX_NAME) || undefined
  // Of one that nobody configured the declaration itself was refused: to declare it would help nothing.
  const why =
    origin === 'discovered' ? 'which is taken of configured monitors only' : 'and its reason is not declared verbatim'
  const text = `event ${admitReason(e.reason)} names a source of its own, ${why}`
  violations.push({ code: 'name-invalid', text })
  return undefined
}

/** Before the id of an event that its monitor knows by a key of its own. Any other id that a monitor gives is not taken. */
const KEY = 'key:'

/** As a monitor says by which key it knows an event. */
export function eventKey(key: string): string {
  return `${KEY}${key}`
}

/** The id of an event that its monitor knows by a key of its own, the same however often it is told. */
function keyedEventId(monitor: string, key: string): string {
  return `${monitor}.${hashText(key)}`
}

/** Whether its monitor knows it by a key of its own: what has another key is another event, whatever else is the same. */
export function hasOwnKey({ id, monitor }: Pick<NodeEvent, 'id' | 'monitor'>): boolean {
  return id.startsWith(`${monitor}.`)
}

function admitEvent(
  e: NodeEvent,
  index: number,
  report: Report,
  admission: Admission & { readonly declares: (check: string) => boolean },
  now: Date,
  violations: Violation[],
): NodeEvent {
  const past = pastOf(report)
  const firstSeen = admitTime(e.firstSeen, past, now, violations, `event ${admitReason(e.reason)}`)
  const { name, eventReasons } = admission.declaration
  const verbatim = eventReasons.get(e.reason)?.verbatim
  if (e.reason === '' && !verbatim) violations.push({ code: 'name-invalid', text: 'an event has no reason' })
  return {
    id: e.id.startsWith(KEY) ? keyedEventId(name, e.id) : `${name}-${report.incarnation}-${report.sequence}-${index}`,
    monitor: name,
    check: admission.declares(e.check) ? cleanText(e.check, MAX_NAME) : '',
    entity: cleanText(e.entity, MAX_ENTITY),
    severity: e.severity,
    ...admitWords(e, verbatim),
    source: admitSource(e, admission.declaration, violations),
    firstSeen,
    // Asked so that what is no time at all is not one.
    lastSeen:
      e.lastSeen >= firstSeen && e.lastSeen.getTime() - now.getTime() <= MAX_CLOCK_DIFFERENCE_MS
        ? e.lastSeen
        : firstSeen,
    count: Math.min(Math.max(1, Math.floor(e.count) || 1), 1_000_000_000),
  }
}

const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/

function admitSample(
  s: MetricSample,
  { origin }: MonitorDeclaration,
  violations: Violation[],
): MetricSample | undefined {
  if (!METRIC_NAME.test(s.name) || !Number.isFinite(s.value)) {
    violations.push({
      code: 'value-senseless',
      text: `metric ${JSON.stringify(cleanText(s.name, 80))} has no valid name or value`,
    })
    return undefined
  }
  const labels: Record<string, string> = {}
  const most = origin === 'built-in' ? MAX_LABEL : MAX_ENTITY
  for (const [label, value] of Object.entries(s.labels).slice(0, 8)) {
    if (LABEL_NAME.test(label) && !label.startsWith('__')) labels[label] = cleanText(value, most)
  }
  const sample = { name: s.name, labels, value: s.value }
  // A stranger's would be one more series for each name that it thinks of.
  if (origin !== 'built-in' || s.check === undefined) return sample
  return { ...sample, check: cleanText(s.check, MAX_NAME) }
}

/** A length that may not have been measured. */
function measured(us: number | undefined): number | undefined {
  return us === undefined ? undefined : Math.max(0, finite(us) ?? 0)
}

/** A run proves what it names, and never later than it was made, however long its report was kept. */
function admitRun(run: CheckRun, now: Date): CheckRun {
  const startedMs = run.started.getTime()
  const started = startedMs > SENSIBLE_MS && startedMs <= now.getTime() ? run.started : now
  const intervalMs = finite(run.intervalMs) ?? 0
  return {
    check: cleanText(run.check, MAX_NAME),
    checkType: cleanText(run.checkType, MAX_NAME),
    started,
    durationUs: Math.max(0, finite(run.durationUs) ?? 0),
    error: cleanText(run.error, 512),
    next: run.next !== undefined && Math.abs(run.next.getTime() - now.getTime()) < 604_800_000 ? run.next : undefined,
    intervalMs: Math.max(0, intervalMs),
    costUs: measured(run.costUs),
    lateUs: measured(run.lateUs),
  }
}

function cut<T>(items: readonly T[], most: number, what: string, violations: Violation[]): readonly T[] {
  if (items.length <= most) return items
  violations.push({ code: 'too-many', text: `${items.length} ${what} in one report, ${most} are taken` })
  return items.slice(0, most)
}

/** A part of a report that was admitted. */
export interface AdmittedSlice {
  readonly report: Report
  /** {@link conditionKey}s of the conditions that the report has named up to here. */
  readonly named: ReadonlySet<string>
  /** More of the report follows. */
  readonly more: boolean
  /** What was not taken of the whole report; told with its last slice. */
  readonly violations: readonly Violation[]
}

/** Conditions and events of one slice, each: what takes about a millisecond. */
export const SLICE = 32

/** The last word on each condition: what the same report said of it before is not looked at, nor of what it withdraws. */
function lastWords(observations: readonly Observation[], withdrawn: readonly ConditionKey[]): readonly Observation[] {
  const byKey = new Map<string, Observation>()
  for (const o of observations) {
    const entity = cleanText(o.entity, MAX_ENTITY)
    byKey.set(conditionKey(o.type.slice(0, MAX_VERBATIM_NAME + 1), entity), o.entity === entity ? o : { ...o, entity })
  }
  for (const { type, entity } of withdrawn) byKey.delete(conditionKey(type, entity))
  return [...byKey.values()]
}

/** Checks that others of the same monitor depend on come before those: what they say decides what the others' words count. */
function inOrder(observations: readonly Observation[], { checks }: MonitorDeclaration): readonly Observation[] {
  if (!checks.some(isHeldByOthers)) return observations
  const holders = new Map(
    checks.map(({ check, dependsOn, explainedBy = [] }) => [check, [...dependsOn, ...explainedBy]]),
  )
  const depthOf = createDepths((check) => holders.get(check))
  return observations.toSorted((a, b) => depthOf(a.check) - depthOf(b.check))
}

/**
 * Cuts a report to what its monitor may say, slice by slice: a large one is looked at in parts, so that others have their
 * turn in between. Conditions come first, then what is no longer watched, then events; runs, what is complete and samples with the last.
 * `admission.holdings` is asked at each slice, and is to know what the slices before it brought. Pure otherwise; `now`
 * stands in for times that make no sense.
 */
export function* admitSlices(
  report: Report,
  admission: Admission,
  now: Date,
  size = SLICE,
): Generator<AdmittedSlice, void> {
  const { limits } = admission
  const violations: Violation[] = (report.strange ?? [])
    .slice(0, VIOLATIONS_KEPT)
    .map((text) => ({ code: 'value-senseless', text: cleanText(text, MAX_MESSAGE) }))
  const checked = { ...admission, declares: declaredChecks(admission.declaration) }
  const room = createRoom(admission)
  const time = admitTime(report.time, pastOf(report), now, violations, 'the report')
  const withdrawn = cut(report.withdrawn, limits.observationsPerReport, 'withdrawn conditions', violations).map(
    ({ type, entity }) => ({ type, entity: cleanText(entity, MAX_ENTITY) }),
  )
  const told = cut(report.observations, limits.observationsPerReport, 'conditions', violations)
  const observations = inOrder(lastWords(told, withdrawn), admission.declaration)
  const events = cut(report.events, limits.eventsPerReport, 'events', violations)
  const samples = cut(report.metrics, limits.samplesPerReport, 'metrics', violations)
  const runs = cut(report.runs, limits.runsPerReport, 'runs', violations)
  const slices = Math.max(1, Math.ceil(observations.length / size))
  const named = new Set<string>()
  const all = slices - 1 + Math.max(1, Math.ceil(events.length / size))

  for (let i = 0; i < all; i++) {
    const isLast = i === all - 1
    const from = Math.max(0, i - slices + 1) * size
    const happened = i < slices - 1 ? [] : events.slice(from, from + size)
    const slice: Report = {
      incarnation: report.incarnation,
      sequence: report.sequence,
      time,
      observations: room.take(
        observations
          .slice(i * size, (i + 1) * size)
          .map((o) => admitObservation(o, checked, now, violations))
          .filter((o) => o !== undefined),
      ),
      withdrawn: i === slices - 1 ? withdrawn : [],
      complete: isLast ? report.complete.slice(0, limits.runsPerReport).map((check) => cleanText(check, MAX_NAME)) : [],
      events: happened.map((e, index) => admitEvent(e, from + index, report, checked, now, violations)),
      metrics: isLast
        ? samples.map((s) => admitSample(s, admission.declaration, violations)).filter((s) => s !== undefined)
        : [],
      runs: isLast ? runs.map((run) => admitRun(run, now)) : [],
    }
    for (const { type, entity } of slice.observations) named.add(conditionKey(type, entity))
    yield { report: slice, named, more: !isLast, violations: isLast ? [...violations, ...room.violations()] : [] }
  }
}

/** Cuts a whole report at once: {@link admitSlices} in one. */
export function admitReport(report: Report, admission: Admission, now: Date): AdmittedSlice {
  const whole = admitSlices(report, admission, now, Number.MAX_SAFE_INTEGER).next().value
  if (whole === undefined) throw new Error('a report has at least one slice')
  return whole
}
