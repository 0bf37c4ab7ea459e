/** Marks on the time axis, at round times of UTC. */
import { dayOf, hourOf } from '../words/times.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const STEPS_MS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
] as const

/** A span of time that is shown; epoch milliseconds. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface Tick {
  readonly at: number
  /** "03:00"; at midnight the day, "12 May". */
  readonly label: string
}

function labelOf(at: number): string {
  return at % DAY === 0 ? dayOf(at) : hourOf(at)
}

/** At most `most` ticks inside the window. */
export function axisTicks({ from, to }: Window, most: number): Tick[] {
  const step = STEPS_MS.find((ms) => (to - from) / ms <= Math.max(1, most)) ?? 2 * DAY
  const ticks: Tick[] = []
  for (let at = Math.ceil(from / step) * step; at < to; at += step) ticks.push({ at, label: labelOf(at) })
  return ticks
}

/** Where a time stands in the window, 0 to 1; times outside at its ends. */
export function shareOf(at: number, { from, to }: Window): number {
  return Math.min(1, Math.max(0, (at - from) / (to - from)))
}

/** As an SVG length: "12.34%". */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))}%`
}
