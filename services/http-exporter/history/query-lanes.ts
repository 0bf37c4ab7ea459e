/** The ribbon's lanes over a span of time, from what was recorded. */
import type { DatabaseSync } from 'node:sqlite'
import { compareLevel, type EventView, firstLine, type LaneView, type Level, levelOf } from '#view'

/** Lanes shown at most: the open ones, then the latest. */
const MAX_LANES = 100
/** Parts of the span that intervals and ticks closer than one are drawn as one: finer than any screen. */
const PARTS = 1200
/** Intervals and events read at most, the newest: a bound on what one answer may cost. */
const MAX_ROWS = 5000
/** Intervals of one lane at most; a lane of more is drawn coarser. */
const MAX_INTERVALS = 200
/** An unknown this short is a start, not a state. */
const STARTING_MS = 5000

interface Interval {
  readonly from: number
  readonly to: number | undefined
  readonly level: Level
  readonly reason: string
  readonly message: string
}

interface Lane {
  readonly key: string
  readonly id: string
  readonly label: string
  readonly intervals: Interval[]
  readonly ticks: { at: number; count: number; reason: string; message: string }[]
  readonly marks: LaneView['marks'][number][]
}

interface Span {
  readonly from: number
  readonly to: number
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

/** Intervals too close to be told apart become one of the worst level; what came later gives no length away. */
export function mergeClose(intervals: readonly Interval[], stepMs: number): Interval[] {
  const merged: Interval[] = []
  for (const interval of intervals) {
    const last = merged.at(-1)
    const short = (last?.to ?? Number.POSITIVE_INFINITY) - (last?.from ?? 0) < stepMs
    if (last?.to === undefined || !short || interval.from - last.to >= stepMs) {
      merged.push(interval)
      continue
    }
    const worst = compareLevel(interval.level, last.level) > 0 ? interval : last
    merged[merged.length - 1] = { ...worst, from: last.from, to: interval.to }
  }
  return merged
}

/** As fine as the span is drawn, or as coarse as it takes to stay below the most intervals. */
function drawable(intervals: readonly Interval[], spanMs: number): Interval[] {
  let stepMs = spanMs / PARTS
  let merged = mergeClose(intervals, stepMs)
  while (merged.length > MAX_INTERVALS) {
    stepMs *= 2
    merged = mergeClose(merged, stepMs)
  }
  return merged
}

function readIntervals(db: DatabaseSync, { from, to }: Span): Map<string, Interval[]> {
  const rows = db
    .prepare(
      `SELECT lane, began, ended, level, reason, message FROM states
       WHERE began<=? AND (ended IS NULL OR ended>=?) ORDER BY began DESC LIMIT ${MAX_ROWS}`,
    )
    .all(to, from)
  const lanes = new Map<string, Interval[]>()
  for (const row of rows.reverse()) {
    const interval: Interval = {
      from: Number(row['began']),
      to: typeof row['ended'] === 'number' ? row['ended'] : undefined,
      level: String(row['level']) as Level,
      reason: String(row['reason']),
      message: String(row['message']),
    }
    const known = lanes.get(String(row['lane']))
    if (known === undefined) lanes.set(String(row['lane']), [interval])
    else known.push(interval)
  }
  return lanes
}

function isStart(interval: Interval): boolean {
  return interval.level === 'unknown' && interval.to !== undefined && interval.to - interval.from < STARTING_MS
}

function readLanes(db: DatabaseSync, span: Span): Map<string, Lane> {
  const names = new Map(
    db
      .prepare('SELECT key, id, label FROM lanes')
      .all()
      .map((row) => [String(row['key']), { id: String(row['id']), label: String(row['label']) }]),
  )
  const lanes = new Map<string, Lane>()
  for (const [key, intervals] of readIntervals(db, span)) {
    const kept = intervals.filter((interval) => !isStart(interval))
    if (kept.length === 0) continue
    const { id, label } = names.get(key) ?? { id: key, label: key }
    lanes.set(key, { key, id, label, intervals: drawable(kept, span.to - span.from), ticks: [], marks: [] })
  }
  return lanes
}

function addMarks(db: DatabaseSync, span: Span, lanes: Map<string, Lane>): void {
  const rows = db.prepare('SELECT lane, at, kind, text FROM marks WHERE at>=? AND at<=? ORDER BY at LIMIT 2000')
  for (const row of rows.all(span.from, span.to)) {
    const key = String(row['lane'])
    // A repair stands at its problem's lane, which of two that is.
    if (!key.startsWith('monitor:') && !lanes.has(key)) continue
    const lane = lanes.get(key) ?? {
      key,
      id: key,
      label: key.replace(/^monitor:/, 'monitor '),
      intervals: [],
      ticks: [],
      marks: [],
    }
    lanes.set(key, lane)
    const kind = String(row['kind'])
    if (kind !== 'monitor-restart' && kind !== 'remediation' && kind !== 'held-back') continue
    lane.marks.push({ at: time(Number(row['at'])), kind, text: String(row['text']) })
  }
}

/** Where an event is drawn: its own lane, else the lanes of its entity under its monitor, else a lane made for it. */
function lanesFor(event: EventView, key: string, lanes: Map<string, Lane>): readonly Lane[] {
  const own = lanes.get(key)
  if (own !== undefined) return [own]
  const entity = event.entity === '' ? undefined : `/${event.entity}`
  const near = [...lanes.values()].filter(
    ({ id, key }) =>
      entity !== undefined &&
      key.startsWith('condition:') &&
      key.endsWith(entity) &&
      id.startsWith(`${event.monitor}/`),
  )
  if (near.length > 0) return near
  if (event.severity === 'info') return []
  const entityWords = event.entity === '' ? '' : ` ${event.entity.replace(/^[^:]{1,20}:/, '')}`
  const made: Lane = { key, id: key, label: `${event.reason}${entityWords}`, intervals: [], ticks: [], marks: [] }
  lanes.set(key, made)
  return [made]
}

function addTicks(db: DatabaseSync, span: Span, lanes: Map<string, Lane>): void {
  const step = (span.to - span.from) / PARTS
  const rows = db.prepare(`SELECT lane, view FROM events WHERE at>=? AND at<=? ORDER BY at DESC LIMIT ${MAX_ROWS}`)
  const perLane = new Map<string, readonly Lane[]>()
  for (const row of rows.all(span.from, span.to).reverse()) {
    const event = JSON.parse(String(row['view'])) as EventView
    const key = String(row['lane'])
    const targets = perLane.get(`${event.severity} ${key}`) ?? lanesFor(event, key, lanes)
    perLane.set(`${event.severity} ${key}`, targets)
    const at = Date.parse(event.lastSeen)
    for (const { ticks } of targets) {
      const last = ticks.at(-1)
      if (last !== undefined && last.reason === event.reason && at - last.at < step) last.count += event.count
      else
        ticks.push({
          at,
          count: event.count,
          reason: event.reason,
          message: firstLine(event.message, 240),
        })
    }
  }
}

/** When a lane last had anything; open ones count as now. */
function latest(lane: Lane, now: number): number {
  const last = lane.intervals.at(-1)
  const marked = lane.marks.at(-1)
  return Math.max(
    last === undefined ? 0 : (last.to ?? now),
    lane.ticks.at(-1)?.at ?? 0,
    marked === undefined ? 0 : Date.parse(marked.at),
  )
}

function openLevel(lane: Lane): Level {
  const last = lane.intervals.at(-1)
  return last !== undefined && last.to === undefined ? last.level : levelOf('healthy', 'info')
}

/** Open and worst first, then by what happened last. */
export function queryLanes(db: DatabaseSync, span: Span): LaneView[] {
  const lanes = readLanes(db, span)
  addMarks(db, span, lanes)
  addTicks(db, span, lanes)
  return [...lanes.values()]
    .filter(({ intervals, ticks, marks }) => intervals.length + ticks.length + marks.length > 0)
    .sort(
      (a, b) =>
        compareLevel(openLevel(b), openLevel(a)) || latest(b, span.to) - latest(a, span.to) || (a.key < b.key ? -1 : 1),
    )
    .slice(0, MAX_LANES)
    .map(({ id, label, intervals, ticks, marks }) => ({
      id,
      label,
      intervals: intervals.map(({ from, to, level, reason, message }) => ({
        from: time(from),
        ...(to === undefined ? {} : { to: time(to) }),
        level,
        reason,
        message,
      })),
      ticks: ticks.map(({ at, ...tick }) => ({ at: time(at), ...tick })),
      marks,
    }))
}
