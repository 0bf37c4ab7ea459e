/** Values over time as SVG paths. x counts seconds from `base`, y runs from 0 (top) to 100. */
import type { SeriesView } from '#view'
import { heightOf, type Scale } from './scale.ts'

export interface Paths {
  readonly line: string
  /** What lies under the line. */
  readonly area: string
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** A null value is a gap: the line ends before it and begins anew after it. */
export function drawPaths(points: SeriesView['points'], base: number, scale: Scale): Paths {
  let line = ''
  let area = ''
  let run: string[] = []
  let firstX = 0
  let lastX = 0
  function endRun(): void {
    if (run.length > 0) {
      // A single value is still seen: as a dot, by the line's round caps.
      line += `M${run.join(' ')}${run.length === 1 ? 'h0' : ''}`
      area += `M${firstX},100L${run.join(' ')} ${lastX},100Z`
    }
    run = []
  }
  for (const [time, value] of points) {
    if (value === null) {
      endRun()
      continue
    }
    lastX = round(time - base)
    if (run.length === 0) firstX = lastX
    run.push(`${lastX},${round(heightOf(value, scale))}`)
  }
  endRun()
  return { line, area }
}
