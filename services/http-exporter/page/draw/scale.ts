/** The vertical scale of a graph. */
import type { SeriesView } from '#view'

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10] as const

/** The next round number that is no smaller. */
export function niceTop(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = STEPS.find((times) => times * power >= value * (1 - 1e-9)) ?? 10
  return Number((step * power).toPrecision(2))
}

export interface Scale {
  readonly min: number
  readonly max: number
}

function largest(points: SeriesView['points']): number {
  let most = Number.NEGATIVE_INFINITY
  for (const [, value] of points) if (value !== null && value > most) most = value
  return most
}

/** The smallest top by unit: a graph of almost nothing is not blown up to a mountain range. */
const LEAST: Readonly<Record<string, number>> = { '%': 10, s: 0.01, 'MiB/s': 1 }

/**
 * From the series' least value to its greatest possible one; to a round number above its values where those stay far
 * below it. Limits are always inside.
 */
export function scaleOf(all: readonly SeriesView[], limits: readonly number[]): Scale {
  const [first] = all
  const min = first?.min ?? 0
  const most = Math.max(...all.map(({ points }) => largest(points)), ...limits)
  const max = first?.max
  if (max !== undefined && most > min + (max - min) / 4) return { min, max: Math.max(max, most) }
  const top = niceTop(Math.max(most * 1.05, LEAST[first?.unit ?? ''] ?? 0))
  return { min, max: Math.max(max === undefined ? top : Math.min(top, max), min + Number.EPSILON) }
}

/** 0 at the top of the graph, 100 at its floor; what cannot be placed stands on the floor. */
export function heightOf(value: number, { min, max }: Scale): number {
  const share = (value - min) / (max - min)
  return Number.isNaN(share) ? 100 : 100 - 100 * Math.min(1, Math.max(0, share))
}

/** Digits after the point that a value on this scale is read with: about three figures, the same for each reading. */
export function decimalsOf({ max }: Scale): number {
  if (max >= 200) return 0
  if (max >= 4) return 1
  return max >= 0.4 ? 2 : 3
}

/** "62.6 GiB", "0.57": always with the same digits, so that a reading that changes does not jump. */
export function readingOf(value: number, unit: string, scale: Scale): string {
  const digits = decimalsOf(scale)
  const figure = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return unit === '' ? figure : `${figure} ${unit}`
}
