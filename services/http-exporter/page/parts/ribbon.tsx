/** What happened, and what came first. */

import { useMemo, useState } from 'preact/hooks'
import type { ConditionView, HistoryView, LaneView, MonitorView, NodeView, ProblemView } from '#view'
import { intervalAt, type LaneNow, laneNow } from '../draw/lane.ts'
import { elementId, nameId, RANGES, rangeSpec } from '../state/address.ts'
import { resting, useCell, usePage } from '../state/hooks.ts'
import { calledNow, type Names, namesOf } from '../words/names.ts'
import { clockOf } from '../words/times.ts'
import { Lane, NodeLane } from './lane.tsx'
import { Legend } from './legend.tsx'
import { More } from './more.tsx'
import { Ground, Tracks } from './tracks.tsx'

const SHOWN = 12

function Ranges() {
  const page = usePage()
  const range = useCell(page.range)
  return (
    <fieldset class="ranges right">
      <legend class="vh">Time shown</legend>
      {RANGES.map((one) => (
        <label key={one.range}>
          <input type="radio" name="range" checked={one.range === range} onChange={() => page.showRange(one.range)} />
          {one.label}
        </label>
      ))}
    </fieldset>
  )
}

/** What the lanes' things are now, by lane id, and where their names lead. */
interface Things {
  readonly conditions: ReadonlyMap<string, ConditionView>
  readonly monitors: ReadonlyMap<string, MonitorView>
  readonly problems: ReadonlyMap<string, ProblemView>
  readonly names: Names
}

function leadsTo({ id }: LaneView, { conditions, monitors, problems }: Things): string {
  if (conditions.has(id)) return `#${elementId('condition', id)}`
  const monitor = id.startsWith('monitor:') ? id.slice('monitor:'.length) : ''
  if (monitors.has(monitor)) return `#${nameId('monitor', monitor)}`
  const fingerprint = id.startsWith('event:') ? id.slice('event:'.length) : ''
  return problems.has(fingerprint) ? `#${nameId('problem', fingerprint)}` : ''
}

function nowOf(lane: LaneView, { conditions, monitors }: Things): LaneNow | undefined {
  const thing = conditions.get(lane.id) ?? monitors.get(lane.id.replace(/^monitor:/, ''))
  if (thing !== undefined) return { level: thing.level, since: thing.since }
  // What is in no view any more is not watched, whatever it was last.
  return lane.id.startsWith('event:') ? laneNow(lane) : undefined
}

/** In words what the lanes show at the instant that is read out. */
function Said({ lanes }: { readonly lanes: readonly LaneView[] }) {
  const page = usePage()
  const cursor = useCell(page.cursor)
  if (cursor === undefined) return null
  const window = page.window.value
  const said = lanes.flatMap((lane) => {
    const interval = intervalAt(lane, cursor, window.to)
    return interval === undefined ? [] : [{ label: lane.label, text: interval.message || interval.reason }]
  })
  return (
    <p class="instant">
      {clockOf(cursor, page.clock.now())}:{' '}
      {said.length === 0
        ? 'nothing known but healthy'
        : said.map(({ label, text }, index) => (
            <span key={index}>
              {index === 0 ? '' : '; '}
              <b>
                <bdi>{label}</bdi>
              </b>{' '}
              <bdi>{text}</bdi>
            </span>
          ))}
    </p>
  )
}

interface RibbonProps {
  readonly conditions: readonly ConditionView[]
  readonly monitors: readonly MonitorView[]
  readonly problems: readonly ProblemView[]
  readonly node: NodeView['node']
  readonly lostMs: number | undefined
}

function LaneList({
  history,
  things,
  node,
  lostMs,
}: { readonly history: HistoryView; readonly things: Things } & Pick<RibbonProps, 'node' | 'lostMs'>) {
  const page = usePage()
  const window = useCell(page.window)
  const [all, showAll] = useState(false)
  const { names } = things
  const named = JSON.stringify([...names])
  const lanes = useMemo(
    () => history.lanes.map((lane) => ({ ...lane, label: calledNow(lane.label, names) })),
    [history.lanes, named],
  )
  const shown = all ? lanes : lanes.slice(0, SHOWN)
  const nodeToo =
    lanes.length === 0 ||
    Date.parse(history.knownFrom) > window.from ||
    history.gaps.some(({ to }) => Date.parse(to) > window.from)
  return (
    <>
      <Ground history={history} lostMs={lostMs} />
      <Tracks slider lostMs={lostMs}>
        {nodeToo ? (
          <NodeLane history={history} booted={node.booted} lostMs={lostMs} alone={lanes.length === 0} />
        ) : null}
        {shown.map((lane) => {
          const now = nowOf(lane, things)
          return (
            <Lane
              key={lane.id}
              lane={lane}
              level={now?.level}
              since={now?.since ?? ''}
              href={leadsTo(lane, things)}
              gaps={history.gaps}
              knownFrom={history.knownFrom}
              lostMs={lostMs}
            />
          )
        })}
      </Tracks>
      <More hidden={lanes.length - shown.length} what="lane" onShow={() => showAll(true)} />
      {lanes.length === 0 ? null : (
        <div class="below">
          <Legend history={history} />
          <Said lanes={lanes} />
        </div>
      )}
    </>
  )
}

export const Ribbon = resting(function Ribbon({ conditions, monitors, problems, node, lostMs }: RibbonProps) {
  const page = usePage()
  const range = useCell(page.range)
  const { [range]: loaded } = useCell(page.histories)
  const things: Things = {
    conditions: new Map(conditions.map((one) => [one.id, one])),
    monitors: new Map(monitors.map((one) => [one.name, one])),
    problems: new Map(problems.map((one) => [one.fingerprint, one])),
    names: namesOf(conditions),
  }
  return (
    <section aria-labelledby="h-ribbon">
      <div class="head">
        <h2 id="h-ribbon">What happened, {rangeSpec(range).words}</h2>
        <Ranges />
      </div>
      {loaded?.view?.note === undefined || loaded.view.note === '' ? null : (
        <p class="quiet note">
          <bdi>{loaded.view.note}</bdi>
        </p>
      )}
      {loaded === undefined ? <p class="empty quiet">The history is being read.</p> : null}
      {loaded?.error ? (
        <p class="empty quiet" role="status">
          The history cannot be read: {loaded.error}. It is asked for again within a minute.
        </p>
      ) : null}
      {loaded?.view === undefined ? null : (
        <LaneList history={loaded.view} things={things} node={node} lostMs={lostMs} />
      )}
    </section>
  )
})
