/** One lane of the ribbon. */

import { useRef } from 'preact/hooks'
import type { HistoryView, LaneView, Level } from '#view'
import { percent, shareOf, type Window } from '../draw/axis.ts'
import { BAR_HEIGHT, intervalAt, laneWords, spanOf } from '../draw/lane.ts'
import { resting, useCell, useDerived, usePage } from '../state/hooks.ts'
import { counted } from '../words/sentences.ts'
import { clockOf } from '../words/times.ts'
import { Age } from './age.tsx'
import { State } from './glyph.tsx'
import { useWidth } from './use-width.ts'

/** Where the bars stand. */
const FLOOR = 18.75

/** The narrowest bar, as a share of the track: two pixels. */
const NARROWEST = 0.0024

/** Events this near to the instant, as a share of the span, belong to it. */
const NEAR = 0.004

/** The lane of the node itself, which is no condition. */
const NODE_LANE = 'node'

interface LaneProps {
  readonly lane: LaneView
  /** How its thing is now; undefined when that is not watched any more. */
  readonly level: Level | undefined
  /** Since when, RFC 3339; "" when that is not known. */
  readonly since: string
  /** What the name leads to; "" when it leads nowhere. */
  readonly href: string
  readonly gaps: HistoryView['gaps']
  readonly knownFrom: string
  readonly lostMs: number | undefined
}

const MARKS = {
  'monitor-restart': { shape: '#m-restart', class: 'mark restart' },
  remediation: { shape: '#m-ran', class: 'mark ran' },
  'held-back': { shape: '#m-ran', class: 'mark held' },
} as const satisfies Record<LaneView['marks'][number]['kind'], { shape: string; class: string }>

function Bars({
  lane,
  window,
  lostMs,
}: {
  readonly lane: LaneView
  readonly window: Window
  readonly lostMs: number | undefined
}) {
  const end = lostMs ?? window.to
  const x = (ms: number): string => percent(shareOf(ms, window))
  return (
    <>
      {lane.intervals.map((interval) => {
        const { from, to } = spanOf(interval, end)
        if (to < window.from || from > end) return null
        const height = BAR_HEIGHT[interval.level]
        const wide = Math.max(shareOf(to, window) - shareOf(from, window), NARROWEST)
        const left = Math.min(shareOf(from, window), 1 - wide)
        const until = interval.to === undefined ? 'until now' : `to ${clockOf(interval.to, end)}`
        return (
          <rect
            key={interval.from}
            class={`iv ${interval.level}`}
            x={percent(left)}
            y={FLOOR - height}
            width={percent(wide)}
            height={height}
          >
            <title>{`${clockOf(interval.from, end)} ${until}: ${interval.message || interval.reason}`}</title>
          </rect>
        )
      })}
      {lane.ticks.map(({ at }, index) => {
        const ms = Date.parse(at)
        return ms < window.from || ms > end ? null : (
          <line key={`${at} ${index}`} class="tick" x1={x(ms)} x2={x(ms)} y1="21" y2="25" />
        )
      })}
      {lane.marks.map(({ at, kind, text }, index) => {
        const ms = Date.parse(at)
        return ms < window.from || ms > end ? null : (
          <svg key={`${at} ${index}`} x={x(ms)} y="20">
            <title>{`${text}, ${clockOf(at, end)}`}</title>
            <use class={MARKS[kind].class} href={MARKS[kind].shape} />
          </svg>
        )
      })}
    </>
  )
}

function eventsNear({ ticks }: LaneView, ms: number, window: Window): number {
  const reach = (window.to - window.from) * NEAR
  return ticks.reduce((sum, { at, count }) => (Math.abs(Date.parse(at) - ms) <= reach ? sum + count : sum), 0)
}

/** What the lane says at the instant that is read out. */
function ReadThen({ lane, gaps, knownFrom, lostMs, cursor }: LaneProps & { readonly cursor: number }) {
  const page = usePage()
  const window = page.window.value
  if (lostMs !== undefined && cursor > lostMs) return <State level="stale" />
  if (cursor < Date.parse(knownFrom)) return <span class="quiet">not recorded</span>
  const gap = gaps.find(({ from, to }) => Date.parse(from) <= cursor && cursor <= Date.parse(to))
  if (gap !== undefined) return <span class="quiet">{gap.kind === 'reboot' ? 'node down' : 'agent down'}</span>
  const events = eventsNear(lane, cursor, window)
  const said = events > 0 ? <span class="quiet"> {counted(events, 'event')}</span> : null
  if (lane.id === NODE_LANE) return <span class="quiet">up</span>
  if (lane.intervals.length === 0) return <>{said ?? <span class="quiet">no event</span>}</>
  return (
    <>
      <State level={intervalAt(lane, cursor, window.to)?.level ?? 'healthy'} />
      {said}
    </>
  )
}

function ReadNow({ lane, level, since, lostMs }: LaneProps) {
  if (lostMs !== undefined) return <State level="stale" />
  if (level === undefined) {
    const events = lane.ticks.reduce((sum, { count }) => sum + count, 0)
    return <span class="quiet">{events > 0 ? counted(events, 'event') : 'not watched now'}</span>
  }
  return (
    <>
      <State level={level} />{' '}
      {since === '' ? null : (
        <span class="quiet">
          <Age at={since} form="lasting" />
        </span>
      )}
    </>
  )
}

function Read(props: LaneProps) {
  const page = usePage()
  const cursor = useCell(page.cursor)
  return (
    <span class="read">{cursor === undefined ? <ReadNow {...props} /> : <ReadThen {...props} cursor={cursor} />}</span>
  )
}

export const Lane = resting(function Lane(props: LaneProps) {
  const { lane, href, level, lostMs } = props
  const page = usePage()
  const window = useCell(page.window)
  const calm = lostMs !== undefined || level === undefined || level === 'healthy'
  const label = <bdi>{lane.label}</bdi>
  return (
    <div class={calm ? 'lane calm' : 'lane'}>
      {href === '' ? (
        <span class="name">{label}</span>
      ) : (
        <a class="name" href={href} title={lane.label}>
          {label}
        </a>
      )}
      <svg class="track" role="img" aria-label={laneWords(lane, window)}>
        <use href="#ground" />
        <use href="#base" />
        <Bars lane={lane} window={window} lostMs={lostMs} />
      </svg>
      <Read {...props} />
    </div>
  )
})

interface NodeLaneProps {
  readonly history: HistoryView
  readonly booted: string | undefined
  readonly lostMs: number | undefined
  /** Nothing else is to be told. */
  readonly alone: boolean
}

interface Note {
  /** Where it belongs, and where it is written: from here to the right, or up to here. */
  readonly from: number
  readonly to: number
  readonly text: string
}

/** About what a character of a note needs, in pixels. */
const CHARACTER_PX = 6

function nodeNotes({ history, alone }: NodeLaneProps, window: Window): Note[] {
  const known = Date.parse(history.knownFrom)
  const begins = known > window.from && known < window.to
  const gaps = history.gaps
    .map(({ from, to, text }) => ({ from: Date.parse(from), to: Date.parse(to), text }))
    .filter(({ to }) => to > Math.max(window.from, known) && to < window.to)
  return [
    ...(begins ? [{ from: known, to: known, text: `recorded since ${clockOf(known, window.to)}` }] : []),
    ...gaps,
    ...(alone && gaps.length === 0 && !begins
      ? [{ from: window.from, to: window.from, text: 'nothing but healthy in this time' }]
      : []),
  ]
}

/** Notes where there is room for them: to the right of their place, else to its left, else not at all. */
function Notes({
  notes,
  window,
  widthPx,
}: {
  readonly notes: readonly Note[]
  readonly window: Window
  readonly widthPx: number
}) {
  const taken: { readonly from: number; readonly to: number }[] = []
  function isFree(from: number, to: number): boolean {
    return from >= 0 && to <= widthPx && taken.every((one) => to < one.from || from > one.to)
  }
  return (
    <>
      {notes.map(({ from, to, text }) => {
        const width = text.length * CHARACTER_PX
        const right = shareOf(to, window) * widthPx + 6
        const left = shareOf(from, window) * widthPx - 6
        const after = isFree(right, right + width)
        if (!after && !isFree(left - width, left)) return null
        taken.push(after ? { from: right, to: right + width } : { from: left - width, to: left })
        return (
          <text
            key={from}
            class="note"
            x={percent(shareOf(after ? to : from, window))}
            dx={after ? 6 : -6}
            y="12"
            text-anchor={after ? 'start' : 'end'}
          >
            {text}
          </text>
        )
      })}
    </>
  )
}

/** The node itself: when it or its agent was down, and since when anything is known. */
export function NodeLane(props: NodeLaneProps) {
  const { history, booted, lostMs } = props
  const page = usePage()
  const window = useCell(page.window)
  const scrubbed = useDerived(page.cursor, (cursor) => cursor !== undefined)
  const empty: LaneView = { id: NODE_LANE, label: 'node', intervals: [], ticks: [], marks: [] }
  const notes = nodeNotes(props, window)
  const track = useRef<SVGSVGElement>(null)
  const width = useWidth(track)
  const words = notes.length === 0 ? 'up all the time' : notes.map(({ text }) => text).join(', ')
  return (
    <div class="lane calm up">
      <span class="name">node</span>
      <svg class="track" role="img" aria-label={`node: ${words}`} ref={track}>
        <use href="#ground" />
        <use href="#base" />
        <Notes notes={notes} window={window} widthPx={width} />
      </svg>
      {scrubbed || lostMs !== undefined ? (
        <Read
          lane={empty}
          level={undefined}
          since=""
          href=""
          gaps={history.gaps}
          knownFrom={history.knownFrom}
          lostMs={lostMs}
        />
      ) : (
        <span class="read quiet">
          {booted === undefined ? null : (
            <>
              Up <Age at={booted} form="lasting" />
            </>
          )}
        </span>
      )}
    </div>
  )
}
