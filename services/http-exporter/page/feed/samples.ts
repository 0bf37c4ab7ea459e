import type { SeriesView } from '#view'

/**
 * The series with the values of this moment. A value closer than `stepS` to the one before the last takes the last
 * one's place, so that a page that is open for weeks holds no more points than one just opened.
 */
export function growSeries(
  all: readonly SeriesView[],
  timeS: number,
  values: Readonly<Record<string, number>>,
  stepS: number,
): readonly SeriesView[] {
  let grown = false
  const next = all.map((series) => {
    const value = values[series.key]
    const last = series.points.at(-1)
    if (value === undefined || !Number.isFinite(value) || (last !== undefined && timeS <= last[0])) return series
    grown = true
    const before = series.points.at(-2)
    const crowded = last !== undefined && before !== undefined && last[1] !== null && last[0] - before[0] < stepS
    const kept = crowded ? series.points.slice(0, -1) : series.points
    return { ...series, points: [...kept, [timeS, value] as const] }
  })
  return grown ? next : all
}
