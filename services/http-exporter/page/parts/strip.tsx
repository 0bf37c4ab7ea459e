/** One graph of the machine, on the ribbon's time axis. */

import { useMemo } from 'preact/hooks'
import type { Evidence } from '#model'
import { type HistoryView, type Level, renderNumber } from '#view'
import { drawPaths } from '../draw/path.ts'
import { heightOf, readingOf, type Scale, scaleOf } from '../draw/scale.ts'
import { type Graph, lastValue, limitsOf, stepOf, valueAt } from '../draw/series.ts'
import { resting, useCell, usePage } from '../state/hooks.ts'
import { quantityOf } from '../words/quantity.ts'
import { Glyph } from './glyph.tsx'
import { OverLimits } from './over-limits.tsx'

interface StripProps {
  readonly graph: Graph
  readonly evidence: Evidence | undefined
  /** Of the condition that stands on this graph, when it is a problem. */
  readonly level: Level | undefined
  readonly limit: number | undefined
  readonly gaps: HistoryView['gaps']
  readonly lostMs: number | undefined
}

/** A value further from the instant than this many steps of its series was not recorded then. */
const REACH_STEPS = 3

function say(value: number | undefined, unit: string, scale: Scale, name: string): string {
  if (value === undefined) return 'no value'
  const text = readingOf(value, unit, scale)
  return name === '' ? text : `${text} ${name}`
}

function gapWords(gaps: HistoryView['gaps'], ms: number): string | undefined {
  const gap = gaps.find(({ from, to }) => Date.parse(from) <= ms && ms <= Date.parse(to))
  return gap === undefined ? undefined : gap.kind === 'reboot' ? 'node down' : 'agent down'
}

function Read({ graph, level, limit, gaps, lostMs, scale }: StripProps & { readonly scale: Scale }) {
  const page = usePage()
  const cursor = useCell(page.cursor)
  const { series, names } = graph
  const unit = series[0]?.unit ?? ''
  const down = cursor === undefined ? undefined : gapWords(gaps, cursor)
  if (down !== undefined) return <span class="read quiet">{down}</span>
  const values = series.map(({ points }, index) => {
    const value =
      cursor === undefined ? lastValue(points) : valueAt(points, cursor / 1000, stepOf(points) * REACH_STEPS)
    return say(value, unit, scale, names[index] ?? '')
  })
  const problem = cursor === undefined && lostMs === undefined ? level : undefined
  return (
    <span class="read">
      {problem === undefined ? null : <Glyph level={problem} />} {values[0]}
      {cursor === undefined && lostMs !== undefined ? ' then' : ''}
      {values[1] === undefined ? null : (
        <>
          <br />
          {values[1]}
        </>
      )}
      {limit === undefined || values[1] !== undefined ? null : (
        <>
          <br />
          <span class="small">limit {quantityOf(limit, unit)}</span>
        </>
      )}
    </span>
  )
}

export const Strip = resting(function Strip(props: StripProps) {
  const { graph, evidence } = props
  const page = usePage()
  const window = useCell(page.window)
  const { series, title, names } = graph
  const [first] = series
  const limits = first === undefined ? [] : limitsOf(first, evidence)
  const scale = useMemo(() => scaleOf(series, limits), [series, ...limits])
  const base = first?.points[0]?.[0] ?? 0
  const paths = useMemo(() => series.map(({ points }) => drawPaths(points, base, scale)), [series, base, scale])
  const unit = first?.unit ?? ''
  const viewBox = `${window.from / 1000 - base} 0 ${(window.to - window.from) / 1000} 100`
  const now = series.map(({ points }, index) => say(lastValue(points), unit, scale, names[index] ?? '')).join(', ')
  return (
    <div class="lane strip">
      <span class="name">
        <bdi>{title}</bdi>
        <br />
        <span class="small">
          {renderNumber(scale.min)} to {quantityOf(scale.max, unit)}
        </span>
      </span>
      <svg class="plot" role="img" aria-label={`${title}, last ${now}`}>
        <use href="#ground" />
        <line class="floor" x2="100%" y1="100%" y2="100%" />
        {limits.map((limit) => (
          <line key={limit} class="lim" x2="100%" y1={`${heightOf(limit, scale)}%`} y2={`${heightOf(limit, scale)}%`} />
        ))}
        <svg class="clip" viewBox={viewBox} preserveAspectRatio="none" width="100%" height="100%" aria-hidden="true">
          {paths.map(({ line, area }, index) => (
            <g key={names[index]} class={index === 0 ? 'ln' : 'ln second'}>
              <path class="ar" d={area} />
              <path d={line} />
            </g>
          ))}
        </svg>
        {paths[0] === undefined || evidence === undefined || series.length > 1 ? null : (
          <OverLimits
            line={paths[0].line}
            viewBox={viewBox}
            scale={scale}
            limits={limits}
            lowIsBad={evidence.lowIsBad}
          />
        )}
      </svg>
      <Read {...props} scale={scale} />
    </div>
  )
})
