/**
 * What was told, and what is to be told: repeats become a count, budgets hold back, nothing is told twice. The state is
 * what its lines say, so that it can be kept in a file and comes back after a kill. Pure.
 */
import { hashText, MAX_MESSAGE, type NodeEvent, type Problem, type Severity } from '#model'
import { type Budget, createBudget } from './budget.ts'
import { type HeldBack, openingOf, type Told, tellEvent, tellHeldBack, tellProblem } from './render.ts'

export interface LedgerOptions {
  readonly nodeName: string
  readonly perMinute: number
  readonly burst: number
  /** A repeat within this time of the last one raises the count. */
  readonly windowMs: number
  /** Least time between two patches of one event's count. */
  readonly countEveryMs: number
}

/** One event of the API server, with all its repeats. */
export interface Series {
  readonly key: string
  readonly told: Told
  /** The count that the server has; 0: it has not got the event yet. */
  readonly sentCount: number
  /** When it was last sent, wall clock in milliseconds. */
  readonly sentMs: number
}

/** A line of the kept state. A later line replaces an earlier one of the same name. */
export type Line =
  | { readonly kind: 'series'; readonly series: Series }
  /** How much of an event's count is in a series, or was held back. */
  | { readonly kind: 'id'; readonly id: string; readonly count: number }
  | { readonly kind: 'opening'; readonly opening: string; readonly severity: Severity; readonly atMs: number }
  /** An event of a problem that the server has. */
  | { readonly kind: 'name'; readonly name: string; readonly atMs: number }
  /** How many of one reason of a source wait to be told in sum. */
  | {
      readonly kind: 'held'
      readonly source: string
      readonly reason: string
      readonly count: number
      readonly sinceMs: number
      readonly lastMs: number
    }
  /** The sum of a source was told. */
  | { readonly kind: 'summed'; readonly source: string }

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
  problem(problem: Problem): Verdict
  /** Applies lines: those of a verdict once the server has accepted it, or those of the file. */
  apply(lines: readonly Line[]): void
  /** Counts that have waited long enough. */
  dueCounts(nowMs: number): { readonly told: Told; readonly lines: readonly Line[] }[]
  /** Sums of what was held back that have waited long enough. */
  dueHeld(nowMs: number): { readonly told: Told; readonly lines: readonly Line[] }[]
  /** The whole state. */
  lines(nowMs: number): Line[]
  /** Counts and sums that wait. */
  readonly waiting: number
}

const SERIES_MAX = 2000
const IDS_MAX = 5000
const PROBLEMS_MAX = 5000
/** As long as the bus keeps problems, after that nothing comes again. */
const PROBLEM_KEPT_MS = 8 * 24 * 3_600_000
const HELD_TOLD_AFTER_MS = 5 * 60_000
/** Sources and, of each, reasons that a sum tells apart; what is beyond is counted together. */
const HELD_SOURCES_MAX = 256
const HELD_REASONS_MAX = 64
const OTHER_REASONS = 'other reasons'
/** Of a source's budget one reason may have this much. */
const REASON_SHARE = 0.4
/** Problems are few by themselves (flaps are damped before they come here), and matter more. */
const PROBLEM_SHARE = 2

function trim<K, V>(map: Map<K, V>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}

export function createLedger(options: LedgerOptions): Ledger {
  const { nodeName, perMinute, burst, windowMs } = options
  const budget: Budget = createBudget({ perMinute, burst })
  const series = new Map<string, Series>()
  const ids = new Map<string, number>()
  const openings = new Map<string, { readonly severity: Severity; readonly atMs: number }>()
  const names = new Map<string, number>()
  const held = new Map<string, HeldBack & { readonly reasons: Map<string, number> }>()
  /** Let through and not accepted yet: it comes again until it is, and is charged once. */
  const admitted = new Map<string, true>()
  const budgetText = `the budget of a source is ${perMinute} a minute, ${burst} at once`

  function mayPass(name: string, keys: Parameters<Budget['take']>[0], atMs: number): boolean {
    if (!admitted.has(name) && !budget.take(keys, atMs)) return false
    put(admitted, name, true, IDS_MAX)
    return true
  }

  function keyOf({ monitor, reason, entity, severity, message }: NodeEvent): string {
    const words = message.length <= MAX_MESSAGE ? message : hashText(message)
    return [monitor, reason, entity, severity, words].join('\u0000')
  }

  function hold(source: string, reason: string, at: Date, count: number): Line {
    const known = held.get(source)
    const reasons = known?.reasons
    const isNamed = reasons === undefined || reasons.has(reason) || reasons.size < HELD_REASONS_MAX
    const name = isNamed ? reason : OTHER_REASONS
    return {
      kind: 'held',
      source,
      reason: name,
      count: (reasons?.get(name) ?? 0) + count,
      sinceMs: (known?.since ?? at).getTime(),
      lastMs: Math.max(at.getTime(), known?.last.getTime() ?? 0),
    }
  }

  /** A repeat: the same id again with more, or another id. */
  function repeat(known: Series, event: NodeEvent, nowMs: number): Verdict {
    const more = event.count - (ids.get(event.id) ?? 0)
    if (more <= 0) return { kind: 'known' }
    const told: Told = {
      ...known.told,
      last: new Date(Math.max(event.lastSeen.getTime(), known.told.last.getTime())),
      count: known.told.count + more,
    }
    const isDue = nowMs - known.sentMs >= options.countEveryMs || nowMs < known.sentMs
    const next = isDue ? { ...known, told, sentCount: told.count, sentMs: nowMs } : { ...known, told }
    const lines: Line[] = [
      { kind: 'series', series: next },
      { kind: 'id', id: event.id, count: event.count },
    ]
    return isDue ? { kind: 'count', told, lines } : { kind: 'later', lines }
  }

  function put<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
    map.delete(key)
    map.set(key, value)
    trim(map, max)
  }

  function applyLine(line: Line): void {
    if (line.kind === 'series') {
      put(series, line.series.key, line.series, SERIES_MAX)
      admitted.delete(line.series.told.name)
    } else if (line.kind === 'id') put(ids, line.id, line.count, IDS_MAX)
    else if (line.kind === 'opening') put(openings, line.opening, line, PROBLEMS_MAX)
    else if (line.kind === 'name') {
      put(names, line.name, line.atMs, PROBLEMS_MAX)
      admitted.delete(line.name)
    } else if (line.kind === 'summed') held.delete(line.source)
    else {
      const { source, reason, count, sinceMs, lastMs } = line
      const reasons = held.get(source)?.reasons ?? new Map<string, number>()
      reasons.set(reason, count)
      put(held, source, { source, since: new Date(sinceMs), last: new Date(lastMs), reasons }, HELD_SOURCES_MAX)
    }
  }

  return {
    event(event, nowMs) {
      const key = keyOf(event)
      const known = series.get(key)
      if (known !== undefined && event.firstSeen.getTime() - known.told.last.getTime() <= windowMs)
        return repeat(known, event, nowMs)
      if ((ids.get(event.id) ?? 0) >= event.count) return { kind: 'known' }
      const { monitor: source, reason } = event
      const keys = [
        { key: source, share: 1 },
        { key: `${source}\u0000${reason}`, share: REASON_SHARE },
      ]
      const counted: Line = { kind: 'id', id: event.id, count: event.count }
      const told = tellEvent(event, nodeName)
      if (!mayPass(told.name, keys, event.lastSeen.getTime()))
        return { kind: 'held', lines: [hold(source, reason, event.lastSeen, event.count), counted] }
      const next: Series = { key, told, sentCount: told.count, sentMs: nowMs }
      return { kind: 'create', told, lines: [{ kind: 'series', series: next }, counted] }
    },
    problem(problem) {
      const opening = openingOf(problem)
      const told = tellProblem(problem, nodeName, openings.get(opening)?.severity)
      if (told === undefined || names.has(told.name)) return { kind: 'known' }
      const atMs = told.last.getTime()
      const lines: Line[] = [
        { kind: 'opening', opening, severity: problem.severity, atMs },
        { kind: 'name', name: told.name, atMs },
      ]
      if (mayPass(told.name, [{ key: `problems\u0000${told.source}`, share: PROBLEM_SHARE }], atMs))
        return { kind: 'create', told, lines }
      return { kind: 'held', lines: [...lines, hold(told.source, told.reason, told.last, 1)] }
    },
    apply: (lines) => lines.forEach(applyLine),
    dueCounts(nowMs) {
      return [...series.values()]
        .filter(
          ({ told, sentCount, sentMs }) => told.count > sentCount && Math.abs(nowMs - sentMs) >= options.countEveryMs,
        )
        .map((one) => ({
          told: one.told,
          lines: [{ kind: 'series', series: { ...one, sentCount: one.told.count, sentMs: nowMs } } as const],
        }))
    },
    dueHeld(nowMs) {
      return [...held.values()]
        .filter(({ since }) => Math.abs(nowMs - since.getTime()) >= HELD_TOLD_AFTER_MS)
        .map((one) => ({
          told: tellHeldBack(one, nodeName, budgetText),
          lines: [{ kind: 'summed', source: one.source } as const],
        }))
    },
    lines(nowMs) {
      // Measured from when it was sent: what waited for an hour goes on repeating by its own, older times.
      for (const [key, { told, sentCount, sentMs }] of series)
        if (told.count === sentCount && nowMs - Math.max(sentMs, told.last.getTime()) > windowMs) series.delete(key)
      for (const [opening, { atMs }] of openings) if (nowMs - atMs > PROBLEM_KEPT_MS) openings.delete(opening)
      for (const [name, atMs] of names) if (nowMs - atMs > PROBLEM_KEPT_MS) names.delete(name)
      return [
        ...[...openings].map(([opening, { severity, atMs }]): Line => ({ kind: 'opening', opening, severity, atMs })),
        ...[...names].map(([name, atMs]): Line => ({ kind: 'name', name, atMs })),
        ...[...series.values()].map((one): Line => ({ kind: 'series', series: one })),
        ...[...ids].map(([id, count]): Line => ({ kind: 'id', id, count })),
        ...[...held.values()].flatMap(({ source, since, last, reasons }) =>
          [...reasons].map(
            ([reason, count]): Line => ({
              kind: 'held',
              source,
              reason,
              count,
              sinceMs: since.getTime(),
              lastMs: last.getTime(),
            }),
          ),
        ),
      ]
    },
    get waiting() {
      return held.size + [...series.values()].filter(({ told, sentCount }) => told.count > sentCount).length
    },
  }
}
