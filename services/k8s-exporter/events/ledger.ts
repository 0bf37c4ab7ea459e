/**
 * What was told, and what is to be told: repeats become a count, budgets hold back, nothing is told twice. The state is
 * what its lines say, so that it can be kept in a file and comes back after a kill. Pure.
 */
import { hashText, MAX_MESSAGE, type NodeEvent, type Problem } from '#model'
import { type Budget, createBudget } from './budget.ts'
import { type Correlator, REMEMBERED } from './correlation.ts'
import { createKept, type Due, type Kept, type Line, putLast, type Series } from './kept.ts'
import { eventType, type NpdSource, openingOf, type Told, tellEvent, tellHeldBack, tellProblem } from './render.ts'
import type { RepairTold } from './repairs.ts'
import { createSpamFilter } from './spam.ts'

export interface LedgerOptions {
  readonly nodeName: string
  readonly perMinute: number
  readonly burst: number
  /** A repeat within this time of the last one raises the count. */
  readonly windowMs: number
  /** Least time between two patches of one event's count. */
  readonly countEveryMs: number
  /** Who events of node-problem-detector's files are from. Default: there are none. */
  readonly npdSource?: NpdSource
  /** Bugs of node-problem-detector that events of its files are told with. */
  readonly compat?: readonly string[]
  /** What is one event, in place of `windowMs` and the budgets. */
  readonly correlator?: Correlator | undefined
}

export type Verdict =
  /** The server has to get it, now; then `accepted`. */
  | { readonly kind: 'create'; readonly told: Told; readonly lines: readonly Line[] }
  /** The server has to get the count, now; then `accepted`. */
  | { readonly kind: 'count'; readonly told: Told; readonly lines: readonly Line[] }
  /** Nothing has to be sent now. `lines` are to be kept before it is acknowledged. */
  | { readonly kind: 'later' | 'held'; readonly lines: readonly Line[] }
  | { readonly kind: 'known' }

export interface Ledger {
  event(event: NodeEvent, nowMs: number): Verdict
  problem(problem: Problem, nowMs: number): Verdict
  /** A record of repairs: what is told of one is an event, once, however often and whenever its journal is told again. */
  repair(told: RepairTold, nowMs: number): Verdict
  /** Applies lines: those of a verdict once the server has accepted it, or those of the file. */
  apply(lines: readonly Line[]): void
  /** Counts that have waited long enough. */
  dueCounts(nowMs: number): Due[]
  /** Sums of what was held back that have waited long enough. */
  dueHeld(nowMs: number): Due[]
  /** The whole state. */
  lines(nowMs: number): Line[]
  /** Counts and sums that wait. */
  readonly waiting: number
}

const HELD_TOLD_AFTER_MS = 5 * 60_000
/** Let through and not accepted yet. */
const ADMITTED_MAX = 5000
/** Of a source's budget one reason may have this much. */
const REASON_SHARE = 0.4
/** Problems are few by themselves (flaps are damped before they come here), and matter more. */
const PROBLEM_SHARE = 2

/** Who may go now. What was let through comes again until it is accepted, and is charged once. */
interface Admission {
  mayPass(name: string, keys: Parameters<Budget['take']>[0], atMs: number, nowMs: number): boolean
  accepted(name: string): void
}

function createAdmission(budget: Budget): Admission {
  const admitted = new Map<string, true>()
  return {
    mayPass(name, keys, atMs, nowMs) {
      if (!admitted.has(name) && !budget.take(keys, atMs, nowMs)) return false
      putLast(admitted, name, true, ADMITTED_MAX)
      return true
    },
    accepted: (name) => void admitted.delete(name),
  }
}

function keyOf({ monitor, reason, entity, severity, message }: NodeEvent, { component }: Told): string {
  const words = message.length <= MAX_MESSAGE ? message : hashText(message)
  const by = component === undefined ? [] : [component]
  return [monitor, reason, entity, severity, words, ...by].join('\u0000')
}

/** What comes to a series. */
interface More {
  /** As it would be told alone. */
  readonly told: Told
  /** How often it happened since it was last heard of. */
  readonly more: number
  /** So many of them may be told; the rest is told with the next one that may. */
  readonly passing: number
  readonly isDue: boolean
}

/** The count of `known` with what comes to it. */
function repeat(known: Series, { told: own, more, passing, isDue }: More, event: NodeEvent, nowMs: number): Verdict {
  const counted: Line = { kind: 'id', id: event.id, count: event.count }
  const dropped = (known.dropped ?? 0) + more
  if (passing === 0) return { kind: 'held', lines: [{ kind: 'series', series: { ...known, dropped } }, counted] }
  const isNew = known.sentCount === 0
  const told: Told = {
    ...known.told,
    message: own.message,
    last: new Date(Math.max(event.lastSeen.getTime(), known.told.last.getTime())),
    count: known.told.count + dropped - (more - passing),
  }
  const next = { ...withoutDropped(known), told, ...(passing < more && { dropped: more - passing }) }
  const isSent = isDue || isNew
  const series = isSent ? { ...next, sentCount: told.count, sentMs: nowMs } : next
  const lines: Line[] = [{ kind: 'series', series }, counted]
  if (!isSent) return { kind: 'later', lines }
  return { kind: isNew ? 'create' : 'count', told, lines }
}

function withoutDropped({ dropped: _dropped, ...series }: Series): Series {
  return series
}

/** The first of a series. */
function begin(key: string, { told: own, more, passing }: Omit<More, 'isDue'>, id: string, nowMs: number): Verdict {
  const told = { ...own, count: passing }
  const counted: Line = { kind: 'id', id, count: own.count }
  const next = { key, told, sentCount: passing, sentMs: nowMs, ...(passing < more && { dropped: more - passing }) }
  const lines: Line[] = [{ kind: 'series', series: next }, counted]
  return passing === 0 ? { kind: 'held', lines } : { kind: 'create', told, lines }
}

function isBehind({ told, sentCount }: Series): boolean {
  return told.count > sentCount
}

/** What has waited long enough; pure readings of what is kept. */
function createDues(kept: Kept, { nodeName, perMinute, burst, countEveryMs }: LedgerOptions) {
  const budgetText = `the budget of a source is ${perMinute} a minute, ${burst} at once`
  return {
    counts: (nowMs: number): Due[] =>
      [...kept.series.values()]
        .filter((one) => isBehind(one) && Math.abs(nowMs - one.sentMs) >= countEveryMs)
        .map((one) => ({
          told: one.told,
          lines: [{ kind: 'series', series: { ...one, sentCount: one.told.count, sentMs: nowMs } }],
        })),
    held: (nowMs: number): Due[] =>
      [...kept.held.values()]
        .filter(({ since }) => Math.abs(nowMs - since.getTime()) >= HELD_TOLD_AFTER_MS)
        .map((one) => ({
          told: tellHeldBack(one, nodeName, budgetText),
          lines: [{ kind: 'summed', source: one.source }],
        })),
  }
}

/** @returns how many of what happened to an event of a file of node-problem-detector may be told; of others, all */
function createGate({ npdSource, compat = [] }: LedgerOptions) {
  const filter = compat.includes('B13') ? createSpamFilter() : undefined
  return {
    passing(event: NodeEvent, more: number, nowMs: number): number {
      const source = npdSource?.(event)
      if (filter === undefined || source === undefined) return more
      return filter.passing(JSON.stringify([source, eventType(event.severity)]), event, more, nowMs)
    },
    accepted: (id: string, count: number) => filter?.accepted(id, count),
  }
}

/** @returns what is told of an event, and which events are one with it */
function createTelling({ nodeName, npdSource, compat, correlator }: LedgerOptions) {
  return (event: NodeEvent, nowMs: number): { readonly told: Told; readonly key: string } => {
    const told = tellEvent(event, nodeName, npdSource, compat)
    if (correlator === undefined) return { told, key: keyOf(event, told) }
    const { component = told.source, reason, message, severity } = told
    const similar = { component, type: eventType(severity), reason, message }
    const one = correlator.of(similar, Math.min(nowMs, event.lastSeen.getTime()))
    return { told: { ...told, message: one.message }, key: one.key }
  }
}

/** What was told, and who may be told more. */
interface Books {
  readonly kept: Kept
  readonly admission: Admission
  readonly gate: ReturnType<typeof createGate>
  /** A repeat within this time of the last one raises the count. */
  readonly windowMs: number
}

/** @returns what becomes of an event */
function createEvents(options: LedgerOptions, { kept, admission, gate, windowMs }: Books): Ledger['event'] {
  const { countEveryMs, correlator } = options
  const correlated = createTelling(options)
  return (event, nowMs) => {
    const { told, key } = correlated(event, nowMs)
    const more = event.count - (kept.ids.get(event.id) ?? 0)
    if (more <= 0) return { kind: 'known' }
    const known = kept.series.get(key)
    if (known !== undefined && event.firstSeen.getTime() - known.told.last.getTime() <= windowMs) {
      const isDue = nowMs - known.sentMs >= countEveryMs || nowMs < known.sentMs
      return repeat(known, { told, more, passing: gate.passing(event, more, nowMs), isDue }, event, nowMs)
    }
    const { monitor: source, reason } = event
    const keys = [
      { key: source, share: 1 },
      { key: `${source}\u0000${reason}`, share: REASON_SHARE },
    ]
    if (correlator === undefined && !admission.mayPass(told.name, keys, event.lastSeen.getTime(), nowMs)) {
      const counted: Line = { kind: 'id', id: event.id, count: event.count }
      return { kind: 'held', lines: [kept.hold(source, reason, event.lastSeen, event.count), counted] }
    }
    return begin(key, { told, more: event.count, passing: gate.passing(event, event.count, nowMs) }, event.id, nowMs)
  }
}

export function createLedger(options: LedgerOptions): Ledger {
  const { nodeName, perMinute, burst, correlator } = options
  const windowMs = correlator === undefined ? options.windowMs : Number.POSITIVE_INFINITY
  const kept = createKept(windowMs, correlator && REMEMBERED)
  const dues = createDues(kept, options)
  const admission = createAdmission(createBudget({ perMinute, burst }))
  const gate = createGate(options)
  const takeEvent = createEvents(options, { kept, admission, gate, windowMs })

  function apply(line: Line): void {
    kept.apply(line)
    if (line.kind === 'id') gate.accepted(line.id, line.count)
    if (line.kind === 'series') admission.accepted(line.series.told.name)
    if (line.kind === 'name') admission.accepted(line.name)
  }

  return {
    event: takeEvent,
    repair({ event, journal, sequence }, nowMs) {
      if (sequence <= (kept.journals.get(journal) ?? 0)) return { kind: 'known' }
      const verdict = takeEvent(event, nowMs)
      const line: Line = { kind: 'journal', journal, sequence }
      return verdict.kind === 'known'
        ? { kind: 'later', lines: [line] }
        : { ...verdict, lines: [...verdict.lines, line] }
    },
    problem(problem, nowMs) {
      const opening = openingOf(problem)
      const told = tellProblem(problem, nodeName, kept.openings.get(opening)?.severity)
      if (told === undefined || kept.names.has(told.name)) return { kind: 'known' }
      const atMs = told.last.getTime()
      const lines: Line[] = [
        { kind: 'opening', opening, severity: problem.severity, atMs },
        { kind: 'name', name: told.name, atMs },
      ]
      if (admission.mayPass(told.name, [{ key: `problems\u0000${told.source}`, share: PROBLEM_SHARE }], atMs, nowMs))
        return { kind: 'create', told, lines }
      return { kind: 'held', lines: [...lines, kept.hold(told.source, told.reason, told.last, 1)] }
    },
    apply: (lines) => lines.forEach(apply),
    dueCounts: dues.counts,
    dueHeld: dues.held,
    lines: kept.lines,
    get waiting() {
      return kept.held.size + [...kept.series.values()].filter(isBehind).length
    },
  }
}
