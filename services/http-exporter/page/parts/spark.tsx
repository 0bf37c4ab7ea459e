/** The value behind a problem over the last hour, with its limits. */

import { useMemo } from 'preact/hooks'
import type { Evidence } from '#model'
import { LEVEL_WORDS, type Level, type SeriesView } from '#view'
import { drawPaths } from '../draw/path.ts'
import { heightOf, type Scale, scaleOf } from '../draw/scale.ts'
import { lastValue, limitsOf } from '../draw/series.ts'
import { resting } from '../state/hooks.ts'
import { quantityOf } from '../words/quantity.ts'
import { OverLimits } from './over-limits.tsx'

/** Room above and below the line, as shares of the scale. */
const ROOM = 0.12

function roomy({ points }: SeriesView, limits: readonly number[]): Scale {
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]))
  const low = Math.min(...values, ...limits)
  const high = Math.max(...values, ...limits)
  const room = Math.max((high - low) * ROOM, Math.abs(high) * 1e-3, 1e-9)
  return { min: low - room, max: high + room }
}

function words(series: SeriesView, evidence: Evidence): string {
  const values = series.points.flatMap(([, value]) => (value === null ? [] : [value]))
  const say = (value: number): string => quantityOf(Number(value.toPrecision(3)), series.unit)
  const what = evidence.label === '' ? 'The value' : evidence.label
  return `${what} in the last hour: ${say(values[0] ?? 0)} at first, ${say(Math.min(...values))} to ${say(Math.max(...values))}, ${say(lastValue(series.points) ?? 0)} at last`
}

interface SparkProps {
  readonly series: SeriesView
  readonly evidence: Evidence
  readonly level: Level
  /** Epoch milliseconds. */
  readonly from: number
  readonly to: number
}

export const Spark = resting(function Spark({ series, evidence, level, from, to }: SparkProps) {
  const limits = limitsOf(series, evidence)
  const scale = useMemo(
    () => (limits.length === 0 ? scaleOf([series], []) : roomy(series, limits)),
    [series, evidence.warning, evidence.critical],
  )
  const base = from / 1000
  const paths = useMemo(() => drawPaths(series.points, base, scale), [series, base, scale])
  const last = series.points.findLast(([, value]) => value !== null)
  return (
    <svg class={`spark ${level}`} role="img" aria-label={`${words(series, evidence)}. ${LEVEL_WORDS[level]}.`}>
      {limits.map((limit) => (
        <line key={limit} class="lim" x2="100%" y1={`${heightOf(limit, scale)}%`} y2={`${heightOf(limit, scale)}%`} />
      ))}
      <svg
        class="clip"
        viewBox={`0 0 ${(to - from) / 1000} 100`}
        preserveAspectRatio="none"
        width="100%"
        height="100%"
        aria-hidden="true"
      >
        <path class="ln" d={paths.line} />
      </svg>
      <OverLimits
        line={paths.line}
        viewBox={`0 0 ${(to - from) / 1000} 100`}
        scale={scale}
        limits={limits}
        lowIsBad={evidence.lowIsBad}
      />
      {last?.[1] === null || last === undefined ? null : (
        <circle
          class="dot"
          cx={`${Math.min(100, Math.max(0, ((last[0] - base) / ((to - from) / 1000)) * 100))}%`}
          cy={`${heightOf(last[1], scale)}%`}
          r="3"
        />
      )}
    </svg>
  )
})
