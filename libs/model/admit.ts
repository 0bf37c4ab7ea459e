/**
 * A plug-in is never trusted: what it sends is cut to its limits and checked against its declaration before it may
 * touch the state. What does not pass is named, and the rest is kept.
 */
import type { Admission, CheckedAdmission } from './admission.ts'
import { admitEvent } from './admit-event.ts'
import { admitSample } from './admit-sample.ts'
import {
  admitTime,
  admitWords,
  MAX_CLOCK_DIFFERENCE_MS,
  MAX_KEPT_MS,
  MAX_NAME,
  pastOf,
  validName,
} from './admit-words.ts'
import { createDepths } from './depth.ts'
import { cleanDetail } from './detail.ts'
import { isInitial } from './initial.ts'
import { conditionKey } from './keys.ts'
import { MAX_ENTITY, MAX_MESSAGE, MAX_SUMMARY, MAX_TYPE, MAX_VERBATIM_NAME, type Violation } from './limits.ts'
import { createEventRoom, createRoom } from './room.ts'
import { isHeldByOthers, type MonitorDeclaration } from './state.ts'
import { cleanText } from './text.ts'
import {
  type CheckRun,
  type ConditionKey,
  type Evidence,
  type Observation,
  type Report,
  VIOLATIONS_KEPT,
} from './types.ts'

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

/** Whether the monitor has a check of this name; another one says nothing to anybody, nor does one that says that nobody looked. */
function declaredChecks({ checks }: MonitorDeclaration): (check: string) => boolean {
  const mayBe = (check: string) => !isInitial({ check: cleanText(check, MAX_NAME) })
  if (checks.length === 0) return mayBe
  const names = new Set(checks.map(({ check }) => check).filter(mayBe))
  return (check) => names.has(check)
}

function admitObservation(
  o: Observation,
  admission: CheckedAdmission,
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
    asked: o.asked === true ? true : undefined,
    ...cleanDetail(o),
  }
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
  const eventRoom = createEventRoom(admission)
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
      events: happened.map((e, index) => eventRoom.take(admitEvent(e, from + index, report, checked, now, violations))),
      metrics: isLast
        ? samples.map((s) => admitSample(s, admission.declaration, violations)).filter((s) => s !== undefined)
        : [],
      runs: isLast ? runs.map((run) => admitRun(run, now)) : [],
    }
    for (const { type, entity } of slice.observations) named.add(conditionKey(type, entity))
    yield {
      report: slice,
      named,
      more: !isLast,
      violations: isLast ? [...violations, ...room.violations(), ...eventRoom.violations()] : [],
    }
  }
}

/** Cuts a whole report at once: {@link admitSlices} in one. */
export function admitReport(report: Report, admission: Admission, now: Date): AdmittedSlice {
  const whole = admitSlices(report, admission, now, Number.MAX_SAFE_INTEGER).next().value
  if (whole === undefined) throw new Error('a report has at least one slice')
  return whole
}
