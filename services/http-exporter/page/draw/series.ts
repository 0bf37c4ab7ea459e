/** Which graphs there are, and what they say at one instant. */
import type { Evidence } from '#model'
import type { ConditionView, SeriesView } from '#view'

/** One graph: usually one series; what goes in and out of one interface together. */
export interface Graph {
  readonly key: string
  readonly title: string
  readonly series: readonly SeriesView[]
  /** Told apart: "in", "out"; "" for a single one. */
  readonly names: readonly string[]
}

function pairOf(title: string): { readonly what: string; readonly way: 'in' | 'out' } | undefined {
  const match = /^(.+) (in|out)$/.exec(title)
  return match?.[1] === undefined ? undefined : { what: match[1], way: match[2] === 'in' ? 'in' : 'out' }
}

/** Series without a title are for evidence only and are no graph of the machine. */
export function graphsOf(all: readonly SeriesView[]): Graph[] {
  const shown = all.filter(({ title }) => title !== '')
  const graphs: Graph[] = []
  const paired = new Set<SeriesView>()
  for (const series of shown) {
    if (paired.has(series)) continue
    const pair = pairOf(series.title)
    const other =
      pair?.way === 'in'
        ? shown.find(({ title, unit }) => title === `${pair.what} out` && unit === series.unit)
        : undefined
    if (pair === undefined || other === undefined) {
      graphs.push({ key: series.key, title: series.title, series: [series], names: [''] })
      continue
    }
    paired.add(other)
    graphs.push({ key: series.key, title: `${pair.what} in, out`, series: [series, other], names: ['in', 'out'] })
  }
  return graphs
}

/** The value nearest in time; undefined where nothing was recorded within `reachS` seconds. */
export function valueAt(points: SeriesView['points'], timeS: number, reachS: number): number | undefined {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.[0] ?? 0) < timeS) low = middle + 1
    else high = middle
  }
  const near = [points[low - 1], points[low]].filter((point) => point !== undefined)
  const [best] = near.sort((a, b) => Math.abs(a[0] - timeS) - Math.abs(b[0] - timeS))
  return best === undefined || Math.abs(best[0] - timeS) > reachS ? undefined : (best[1] ?? undefined)
}

/** The last value there is. */
export function lastValue(points: SeriesView['points']): number | undefined {
  return points.findLast(([, value]) => value !== null)?.[1] ?? undefined
}

/** The usual distance of two points, in seconds. */
export function stepOf(points: SeriesView['points']): number {
  const steps = points.slice(1).map(([time], index) => time - (points[index]?.[0] ?? time))
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 15
}

/** The condition that stands on this series, the worst first: conditions come in that order. */
export function conditionOn(key: string, conditions: readonly ConditionView[]): ConditionView | undefined {
  return conditions.find(({ evidence }) => evidence?.metric === key)
}

/** The limits to draw, the milder first. */
export function limitsOf(series: SeriesView, evidence: Evidence | undefined): number[] {
  const known =
    evidence === undefined || evidence.unit !== series.unit ? [series.limit] : [evidence.warning, evidence.critical]
  return known.filter((limit) => limit !== undefined)
}
