/** What is remembered of what was told: the state that a ledger's lines make, and the lines that make it again. Pure. */
import type { Severity } from '#model'
import type { HeldBack, Told } from './render.ts'

/** One event of the API server, with all its repeats. */
export interface Series {
  readonly key: string
  readonly told: Told
  /** The count that the server has; 0: it has not got the event yet. */
  readonly sentCount: number
  /** When it was last sent, wall clock in milliseconds. */
  readonly sentMs: number
  /** Not in the count of `told`: to be told with the next one that may be. */
  readonly dropped?: number
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
  /** Up to which record of a journal of repairs all is told. */
  | { readonly kind: 'journal'; readonly journal: string; readonly sequence: number }
  /** The sum of a source was told. */
  | { readonly kind: 'summed'; readonly source: string }

/** What waits to be told; `lines` are to be kept once it is. */
export interface Due {
  readonly told: Told
  readonly lines: readonly Line[]
}

type Held = HeldBack & { readonly reasons: Map<string, number> }

export interface Kept {
  readonly series: ReadonlyMap<string, Series>
  /** How much of each event's count is known, by its id. */
  readonly ids: ReadonlyMap<string, number>
  readonly openings: ReadonlyMap<string, { readonly severity: Severity; readonly atMs: number }>
  readonly names: ReadonlyMap<string, number>
  readonly held: ReadonlyMap<string, HeldBack>
  /** The last record of each journal of repairs that was told. */
  readonly journals: ReadonlyMap<string, number>
  apply(line: Line): void
  /** The line that counts so many more of a reason as held back. */
  hold(source: string, reason: string, at: Date, count: number): Line
  /** The whole state; what nothing can come to any more is let go first. */
  lines(nowMs: number): Line[]
}

const SERIES_MAX = 2000
/** Of the messages of all of them, in UTF-16 units: what is told word by word may be long. */
const SERIES_UNITS_MAX = 4 * 1024 * 1024
const IDS_MAX = 5000
const PROBLEMS_MAX = 5000
/** As long as the bus keeps problems, after that nothing comes again. */
const PROBLEM_KEPT_MS = 8 * 24 * 3_600_000
/** Sources and, of each, reasons that a sum tells apart; what is beyond is counted together. */
const HELD_SOURCES_MAX = 256
const HELD_REASONS_MAX = 64
/** A journal is begun anew when a person says so. */
const JOURNALS_MAX = 16
const OTHER_REASONS = 'other reasons'

/** Puts it last, and lets the first ones go beyond `max`. */
export function putLast<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key)
  map.set(key, value)
  for (const first of map.keys()) {
    if (map.size <= max) return
    map.delete(first)
  }
}

function linesOfHeld({ source, since, last, reasons }: HeldBack): Line[] {
  const times = { sinceMs: since.getTime(), lastMs: last.getTime() }
  return [...reasons].map(([reason, count]) => ({ kind: 'held', source, reason, count, ...times }))
}

/** Series by their keys, the one that was added to last at the end; bounded in number and in words. */
function createSeriesTable(max: number) {
  const series = new Map<string, Series>()
  let units = 0

  function letGo(key: string): void {
    units -= series.get(key)?.told.message.length ?? 0
    series.delete(key)
  }

  return {
    series,
    letGo,
    keep(one: Series): void {
      letGo(one.key)
      series.set(one.key, one)
      units += one.told.message.length
      for (const key of series.keys()) {
        if (key === one.key || (series.size <= max && units <= SERIES_UNITS_MAX)) return
        letGo(key)
      }
    },
  }
}

/**
 * @param windowMs for so long after its last repeat a series is added to; it may be for ever
 * @param seriesMax beyond it the one that was added to longest ago is let go
 */
export function createKept(windowMs: number, seriesMax = SERIES_MAX): Kept {
  const table = createSeriesTable(seriesMax)
  const { series } = table
  const ids = new Map<string, number>()
  const openings = new Map<string, { readonly severity: Severity; readonly atMs: number }>()
  const names = new Map<string, number>()
  const held = new Map<string, Held>()
  const journals = new Map<string, number>()

  function letGo(nowMs: number): void {
    // Measured from when it was sent: what waited for an hour goes on repeating by its own, older times.
    for (const [key, { told, sentCount, sentMs }] of series)
      if (told.count === sentCount && nowMs - Math.max(sentMs, told.last.getTime()) > windowMs) table.letGo(key)
    for (const [opening, { atMs }] of openings) if (nowMs - atMs > PROBLEM_KEPT_MS) openings.delete(opening)
    for (const [name, atMs] of names) if (nowMs - atMs > PROBLEM_KEPT_MS) names.delete(name)
  }

  function applyHeld({ source, reason, count, sinceMs, lastMs }: Line & { kind: 'held' }): void {
    const reasons = held.get(source)?.reasons ?? new Map<string, number>()
    reasons.set(reason, count)
    putLast(held, source, { source, since: new Date(sinceMs), last: new Date(lastMs), reasons }, HELD_SOURCES_MAX)
  }

  return {
    series,
    ids,
    openings,
    names,
    held,
    journals,
    apply(line) {
      if (line.kind === 'series') table.keep(line.series)
      else if (line.kind === 'id') putLast(ids, line.id, line.count, IDS_MAX)
      else if (line.kind === 'opening') putLast(openings, line.opening, line, PROBLEMS_MAX)
      else if (line.kind === 'name') putLast(names, line.name, line.atMs, PROBLEMS_MAX)
      else if (line.kind === 'journal') putLast(journals, line.journal, line.sequence, JOURNALS_MAX)
      else if (line.kind === 'summed') held.delete(line.source)
      else applyHeld(line)
    },
    hold(source, reason, at, count) {
      const known = held.get(source)
      const reasons = known?.reasons
      const isNamed = reasons === undefined || reasons.has(reason) || reasons.size < HELD_REASONS_MAX
      const name = isNamed ? reason : OTHER_REASONS
      const sinceMs = (known?.since ?? at).getTime()
      const lastMs = Math.max(at.getTime(), known?.last.getTime() ?? 0)
      return { kind: 'held', source, reason: name, count: (reasons?.get(name) ?? 0) + count, sinceMs, lastMs }
    },
    lines(nowMs) {
      letGo(nowMs)
      return [
        ...[...openings].map(([opening, { severity, atMs }]): Line => ({ kind: 'opening', opening, severity, atMs })),
        ...[...names].map(([name, atMs]): Line => ({ kind: 'name', name, atMs })),
        ...[...series.values()].map((one): Line => ({ kind: 'series', series: one })),
        ...[...ids].map(([id, count]): Line => ({ kind: 'id', id, count })),
        ...[...held.values()].flatMap(linesOfHeld),
        ...[...journals].map(([journal, sequence]): Line => ({ kind: 'journal', journal, sequence })),
      ]
    },
  }
}
