/** What the shapes of the ribbon mean: states always, the others when they are there. */

import type { ComponentChildren } from 'preact'
import type { HistoryView, LaneView } from '#view'
import { resting } from '../state/hooks.ts'

interface EntryProps {
  readonly word: string
  readonly level?: string
  readonly width: number
  readonly viewBox?: string
  readonly children: ComponentChildren
}

function Entry({ word, level, width, viewBox, children }: EntryProps) {
  return (
    <span class={level}>
      <svg width={width} height="14" viewBox={viewBox} aria-hidden="true">
        {children}
      </svg>
      {word}
    </span>
  )
}

export const Legend = resting(function Legend({ history }: { readonly history: HistoryView }) {
  const { lanes, gaps } = history
  const kinds = new Set(lanes.flatMap(({ marks }: LaneView) => marks.map(({ kind }) => kind)))
  return (
    <p class="legend" aria-hidden="true">
      <Entry word="healthy" width={16}>
        <line class="base" x2="16" y1="13" y2="13" />
      </Entry>
      <Entry word="warning" level="warning" width={16}>
        <rect class="iv" y="8" width="16" height="5" />
      </Entry>
      <Entry word="error" level="error" width={16}>
        <rect class="iv" y="3" width="16" height="10" />
      </Entry>
      <Entry word="critical" level="critical" width={16}>
        <rect class="iv" y="-2" width="16" height="15" />
      </Entry>
      <Entry word="unknown" width={16}>
        <rect class="iv unknown" width="16" height="13" />
      </Entry>
      {lanes.some(({ ticks }) => ticks.length > 0) ? (
        <Entry word="event" width={3}>
          <line class="tick" x1="1.5" x2="1.5" y1="4" y2="12" />
        </Entry>
      ) : null}
      {kinds.has('remediation') ? (
        <Entry word="remediation" width={8} viewBox="-4 -4 8 14">
          <use class="mark ran" href="#m-ran" />
        </Entry>
      ) : null}
      {kinds.has('held-back') ? (
        <Entry word="held back" width={9} viewBox="-4.5 -4 9 14">
          <use class="mark held" href="#m-ran" />
        </Entry>
      ) : null}
      {kinds.has('monitor-restart') ? (
        <Entry word="monitor restarted" width={8} viewBox="-4 -3 8 14">
          <use class="mark restart" href="#m-restart" />
        </Entry>
      ) : null}
      {gaps.length > 0 ? (
        <Entry word="node or agent down" width={10}>
          <rect class="off" width="10" height="14" />
        </Entry>
      ) : null}
    </p>
  )
})
