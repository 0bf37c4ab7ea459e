/** One time axis over lanes or graphs, and the cross-hair that reads them all out at one instant. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { HistoryView } from '#view'
import { axisTicks, percent, shareOf, type Window } from '../draw/axis.ts'
import { useCell, usePage } from '../state/hooks.ts'
import { clockOf } from '../words/times.ts'
import { Ticking } from './ticking.tsx'
import { useWidth } from './use-width.ts'

/** Pixels that a label of the axis needs. */
const LABEL_PX = 88

/** Labels closer to the ends than this are cut off. */
const EDGE_PX = 22

/** The keyboard moves the cross-hair by this part of the span. */
const STEPS = 360

interface TracksProps {
  /** The slider that moves the cross-hair stands in one of them. */
  readonly slider: boolean
  /** When the page last knew anything, if that is not now. */
  readonly lostMs: number | undefined
  readonly children: ComponentChildren
}

function TimeRead({ lostMs }: { readonly lostMs: number | undefined }) {
  const page = usePage()
  const cursor = useCell(page.cursor)
  if (cursor !== undefined) return <>at {clockOf(cursor, page.clock.now())}</>
  if (lostMs !== undefined) return <>lost {clockOf(lostMs, page.clock.now())}</>
  return (
    <>
      now, <Ticking text={() => clockOf(page.clock.now(), page.clock.now())} />
    </>
  )
}

function Slider({ window, lostMs }: { readonly window: Window; readonly lostMs: number | undefined }) {
  const page = usePage()
  const cursor = useCell(page.cursor)
  const spanS = Math.round((window.to - window.from) / 1000)
  const at = cursor ?? window.to
  const words = cursor === undefined ? (lostMs === undefined ? 'now, ' : 'now, not known, ') : ''
  return (
    <input
      type="range"
      min={0}
      max={spanS}
      step={spanS / STEPS}
      value={cursor === undefined ? spanS : (cursor - window.from) / 1000}
      aria-label="Read every lane at this time"
      aria-valuetext={words + clockOf(at, page.clock.now())}
      onKeyDown={({ key }) => {
        if (key === 'Escape') page.cursor.set(undefined)
      }}
      onInput={({ currentTarget }) => {
        const seconds = currentTarget.valueAsNumber
        page.cursor.set(seconds >= spanS ? undefined : window.from + seconds * 1000)
      }}
    />
  )
}

export function Tracks({ slider, lostMs, children }: TracksProps) {
  const page = usePage()
  const window = useCell(page.window)
  const cursor = useCell(page.cursor)
  const box = useRef<HTMLDivElement>(null)
  const slot = useRef<HTMLSpanElement>(null)
  const width = useWidth(slot)

  function readAt(event: PointerEvent): void {
    const rect = slot.current?.getBoundingClientRect()
    if (rect === undefined || rect.width === 0) return
    const share = (event.clientX - rect.left) / rect.width
    page.cursor.set(share < 0 || share > 1 ? undefined : window.from + share * (window.to - window.from))
  }

  // A finger leaves when it is lifted: what it read out stays until the page is touched elsewhere.
  useEffect(() => {
    function elsewhere(event: PointerEvent): void {
      if (event.pointerType !== 'mouse' && event.target instanceof Node && !box.current?.contains(event.target)) {
        page.cursor.set(undefined)
      }
    }
    addEventListener('pointerdown', elsewhere)
    return () => removeEventListener('pointerdown', elsewhere)
  }, [])

  const ticks = axisTicks(window, Math.floor(width / LABEL_PX))
  const share = shareOf(cursor ?? window.to, window)
  return (
    <div
      class="tracks"
      ref={box}
      data-scrub={cursor === undefined ? undefined : ''}
      style={{ '--x': String(share) }}
      onPointerDown={readAt}
      onPointerMove={readAt}
      onPointerLeave={(event) => {
        if (event.pointerType === 'mouse') page.cursor.set(undefined)
      }}
    >
      <div class="axis">
        <span>UTC</span>
        <span class="slot" ref={slot}>
          <svg aria-hidden="true">
            {ticks.map(({ at, label }) => {
              const x = shareOf(at, window) * width
              return x < EDGE_PX || x > width - EDGE_PX ? null : (
                <text key={at} x={percent(shareOf(at, window))} y="14" text-anchor="middle">
                  {label}
                </text>
              )
            })}
          </svg>
          {slider ? <Slider window={window} lostMs={lostMs} /> : null}
        </span>
        <span class="read">
          <TimeRead lostMs={lostMs} />
        </span>
      </div>
      {children}
      <div class="cross" />
    </div>
  )
}

interface GroundProps {
  readonly history: HistoryView | undefined
  readonly lostMs: number | undefined
}

/** What lies behind every lane and graph: hours, times of which nothing is known. Drawn once, used by reference. */
export function Ground({ history, lostMs }: GroundProps) {
  const page = usePage()
  const window = useCell(page.window)
  const gaps = (history?.gaps ?? []).map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }))
  const known = Math.max(window.from, Date.parse(history?.knownFrom ?? '') || window.from)
  const dark = [
    ...(known > window.from ? [{ from: window.from, to: known }] : []),
    ...gaps.filter(({ from, to }) => to > window.from && from < window.to),
    ...(lostMs === undefined ? [] : [{ from: lostMs, to: window.to }]),
  ].sort((a, b) => a.from - b.from)
  const lit: Window[] = []
  let from = window.from
  for (const gap of dark) {
    if (gap.from > from) lit.push({ from, to: gap.from })
    from = Math.max(from, gap.to)
  }
  if (from < window.to) lit.push({ from, to: window.to })
  const at = (ms: number): string => percent(shareOf(ms, window))
  const wide = (span: Window): string =>
    percent(Math.max(shareOf(span.to, window) - shareOf(span.from, window), 0.0015))
  return (
    <svg class="shapes" width="0" height="0" aria-hidden="true">
      <defs>
        <g id="ground" class="grid">
          {gaps.map((gap) => (
            <rect key={gap.from} class="off" x={at(gap.from)} width={wide(gap)} height="100%" />
          ))}
          {axisTicks(window, 8).map((tick) => (
            <line key={tick.at} x1={at(tick.at)} x2={at(tick.at)} y2="100%" />
          ))}
          {known > window.from ? <line class="begin" x1={at(known)} x2={at(known)} y2="100%" /> : null}
          {lostMs === undefined ? null : (
            <rect class="iv stale" x={at(lostMs)} width={wide({ from: lostMs, to: window.to })} height="100%" />
          )}
        </g>
        <g id="base">
          {lit.map((span) => (
            <line key={span.from} class="base" x1={at(span.from)} x2={at(span.to)} y1="18" y2="18" />
          ))}
        </g>
      </defs>
    </svg>
  )
}
