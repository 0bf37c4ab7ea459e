/** What is counted of reading a log. Pure. */
import type { MetricSample } from '#model'
import type { LogLine } from '../sources/types.ts'

/** Counts since this process began. */
export interface Tallies {
  read: number
  lost: number
  cut: number
  unformatted: number
  untold: number
}

export function createTallies(): Tallies {
  return { read: 0, lost: 0, cut: 0, unformatted: 0, untold: 0 }
}

/** A line was looked at. */
export function countLine(tallies: Tallies, { cutBytes = 0 }: LogLine): void {
  tallies.read++
  if (cutBytes > 0) tallies.cut++
}

/** @param count of lines that are gone; undefined: nobody knows, but there was one at least */
export function countLost(tallies: Tallies, count: number | undefined): void {
  tallies.lost += count ?? 1
}

const NAMES = {
  read: 'log_lines_read_total',
  lost: 'log_lines_lost_total',
  cut: 'log_lines_cut_total',
  unformatted: 'log_lines_unformatted_total',
  untold: 'log_texts_untold_total',
} as const satisfies Readonly<Record<keyof Tallies, string>>

/** @param check the configured name */
export function tallySamples(tallies: Tallies, check: string): MetricSample[] {
  return (Object.keys(NAMES) as (keyof Tallies)[]).map((key) => ({
    name: NAMES[key],
    labels: { check },
    value: tallies[key],
  }))
}
