/** Values over time, from the tier that suits the span, with the finer tiers for what is newer than it. */
import type { DatabaseSync } from 'node:sqlite'
import type { SeriesView } from '#view'
import { type Display, displayOf, type Graphs, parseSeriesKey } from './display.ts'
import type { Range } from './ranges.ts'
import { RANGES } from './ranges.ts'
import { eachValue, slotOf, TIERS, unpackValues } from './samples.ts'

/** Graphs of the machine, and series for the evidence of conditions, at most. */
const MAX_GRAPHS = 32
/** Of these, of one plug-in. */
const PER_PLUG_IN = 8
const MAX_EVIDENCE = 64

/** What a series stands for in the evidence of conditions. */
export interface EvidenceUse {
  readonly unit: string
  readonly limit?: number | undefined
}

/** What series are drawn for. */
export interface SeriesUses {
  /** By series key: what conditions name as their evidence. */
  readonly evidence: ReadonlyMap<string, EvidenceUse>
  readonly graphs: Graphs
}

interface Row {
  readonly at: number
  readonly data: Uint8Array
}

function readRows(db: DatabaseSync, tier: 0 | 1 | 2, from: number, to: number): Row[] {
  const read = db.prepare('SELECT at, data FROM samples WHERE tier=? AND at>=? AND at<=? ORDER BY at')
  const rows: Row[] = []
  let begin = from
  for (let level: number = tier; level >= 0; level--) {
    for (const row of read.all(level, begin, to)) rows.push({ at: Number(row['at']), data: row['data'] as Uint8Array })
    const last = rows.at(-1)
    if (last !== undefined) begin = Math.max(begin, last.at + (TIERS[level]?.stepMs ?? 0))
  }
  return rows
}

interface Sums {
  readonly slots: number[]
  readonly sums: number[]
  readonly counts: number[]
}

/** Means over steps, for the wanted series only. */
function collect(rows: readonly Row[], wanted: readonly number[], stepMs: number): readonly (Sums | undefined)[] {
  const all: (Sums | undefined)[] = []
  for (const id of wanted) all[id] = { slots: [], sums: [], counts: [] }
  for (const { at, data } of rows) {
    const slot = slotOf(at, stepMs)
    eachValue(data, (id, value) => {
      const series = all[id]
      if (series === undefined) return
      const { slots, sums, counts } = series
      const last = slots.length - 1
      if (slots[last] === slot) {
        sums[last] = (sums[last] ?? 0) + value
        counts[last] = (counts[last] ?? 0) + 1
      } else {
        slots.push(slot)
        sums.push(value)
        counts.push(1)
      }
    })
  }
  return all
}

/** Five figures: what a graph can show, and a third of the bytes. */
function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const scale = 10 ** (4 - Math.floor(Math.log10(Math.abs(value))))
  return scale > 1e15 ? value : Math.round(value * scale) / scale
}

/** Points, with a null where nothing came for more than three times what is usual. */
function pointsOf({ slots, sums, counts }: Sums, factor: number, stepMs: number): [number, number | null][] {
  const steps = slots.slice(1).map((slot, index) => slot - (slots[index] ?? slot))
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? stepMs
  const most = 3 * Math.max(stepMs, usual)
  const points: [number, number | null][] = []
  slots.forEach((slot, index) => {
    const before = slots[index - 1]
    if (before !== undefined && slot - before > most) points.push([(before + stepMs) / 1000, null])
    points.push([slot / 1000, rounded(((sums[index] ?? 0) / (counts[index] ?? 1)) * factor)])
  })
  return points
}

interface Wanted {
  readonly id: number
  readonly key: string
  readonly display: Display
}

/** Of one plug-in only so many, so that the next one's are drawn too. */
function withinShares(all: readonly Wanted[], graphs: Graphs): Wanted[] {
  const drawn = new Map<string, number>()
  return all.filter(({ key }) => {
    const graph = graphs.get(parseSeriesKey(key).name)
    if (graph === undefined || graph.isBuiltIn) return true
    const number = (drawn.get(graph.monitor) ?? 0) + 1
    drawn.set(graph.monitor, number)
    return number <= PER_PLUG_IN
  })
}

function wantedSeries(keys: ReadonlyMap<string, number>, { evidence, graphs: declared }: SeriesUses): Wanted[] {
  const all = [...keys].map(([key, id]) => ({ id, key, display: displayOf(key, evidence.get(key)?.unit, declared) }))
  const titled = all
    .filter(({ display }) => display.title !== '')
    .sort((a, b) => a.display.order - b.display.order || (a.key < b.key ? -1 : 1))
  const graphs = withinShares(titled, declared).slice(0, MAX_GRAPHS)
  const shown = new Set(graphs.map(({ key }) => key))
  const others = all.filter(({ key }) => evidence.has(key) && !shown.has(key)).slice(0, MAX_EVIDENCE)
  return [...graphs, ...others.map((one) => ({ ...one, display: { ...one.display, title: '' } }))]
}

/** The last value of the series of this name, for the upper end of another's scale. */
function lastValueOf(name: string, keys: ReadonlyMap<string, number>, rows: readonly Row[]): number | undefined {
  const id = [...keys].find(([key]) => parseSeriesKey(key).name === name)?.[1]
  if (id === undefined) return undefined
  for (const { data } of rows.toReversed()) {
    const found = unpackValues(data).find(([series]) => series === id)
    if (found !== undefined) return found[1]
  }
  return undefined
}

export function querySeries(db: DatabaseSync, range: Range, now: Date, uses: SeriesUses): SeriesView[] {
  const { tier, spanMs, stepMs } = RANGES[range]
  const keys = new Map(
    db
      .prepare('SELECT id, key FROM series')
      .all()
      .map((row) => [String(row['key']), Number(row['id'])]),
  )
  const rows = readRows(db, tier, now.getTime() - spanMs, now.getTime())
  const wanted = wantedSeries(keys, uses)
  const sums = collect(
    rows,
    wanted.map(({ id }) => id),
    stepMs,
  )
  return wanted.flatMap(({ id, key, display }) => {
    const values = sums[id]
    if (values === undefined || values.slots.length === 0) return []
    const { title, unit, factor, maxFrom } = display
    const top = maxFrom === undefined ? undefined : lastValueOf(maxFrom, keys, rows)
    const max = top === undefined ? display.max : rounded(top * factor)
    const limit = uses.evidence.get(key)?.limit
    return [
      {
        key,
        title,
        unit,
        min: 0,
        ...(max === undefined ? {} : { max }),
        ...(limit === undefined ? {} : { limit }),
        points: pointsOf(values, factor, stepMs),
      },
    ]
  })
}
