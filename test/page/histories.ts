/** What happened in the scenes, in seconds before their now, cut to the range that is asked for. */
import { cleanText } from '#model'
import type { HistoryView, LaneView, Level } from '#view'
import { NOW } from './facts.ts'
import { type Curve, series } from './values.ts'

export const SPANS_S = { '1h': 3600, '6h': 21_600, '1d': 86_400, '1w': 604_800 } as const
const STEPS_S = { '1h': 15, '6h': 60, '1d': 240, '1w': 1800 } as const
export type Range = keyof typeof SPANS_S

/** [level, began, ended, message]: seconds before now; ended 0: still going on. */
export type Bar = readonly [Level, number, number, string]

export interface Lane {
  readonly id: string
  readonly label: string
  readonly bars: readonly Bar[]
  /** Seconds before now. */
  readonly ticks?: readonly number[]
  readonly marks?: readonly (readonly [LaneView['marks'][number]['kind'], number, string])[]
}

export interface Past {
  readonly lanes: readonly Lane[]
  readonly gaps: readonly {
    readonly from: number
    readonly to: number
    readonly kind: 'reboot' | 'agent-down'
    readonly text: string
  }[]
  readonly curves: readonly Curve[]
  /** How long ago the record begins. */
  readonly knownS: number
  readonly note?: string
  /** Nothing is recorded after the scenes' now. */
  readonly ended?: boolean
}

function at(before: number): string {
  return new Date(NOW.getTime() - before * 1000).toISOString()
}

/** As the exporter records it. */
function clean(text: string): string {
  return cleanText(text, 1024)
}

function laneView({ id, label: raw, bars, ticks = [], marks = [] }: Lane, fromS: number): LaneView {
  const label = clean(raw)
  return {
    id,
    label,
    intervals: bars
      .filter(([, , ended]) => ended < fromS)
      .map(([level, began, ended, message]) => ({
        from: at(began),
        ...(ended === 0 ? {} : { to: at(ended) }),
        level,
        reason: 'AsObserved',
        message: clean(message),
      })),
    ticks: ticks
      .filter((tick) => tick < fromS)
      .map((tick) => ({ at: at(tick), count: 1, reason: 'Seen', message: `${label}, once more` })),
    marks: marks
      .filter(([, mark]) => mark < fromS)
      .map(([kind, mark, text]) => ({ at: at(mark), kind, text: clean(text) })),
  }
}

/** @param nowMs the scene's time, which goes on from {@link NOW} */
export function historyOf(past: Past, range: Range, nowMs: number): HistoryView {
  const fromMs = nowMs - SPANS_S[range] * 1000
  const fromS = (NOW.getTime() - fromMs) / 1000
  const knownMs = NOW.getTime() - past.knownS * 1000
  const gaps = past.gaps.filter(({ to }) => to < fromS)
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(nowMs).toISOString(),
    knownFrom: new Date(knownMs).toISOString(),
    note: past.note ?? '',
    lanes: past.lanes
      .map((lane) => laneView(lane, fromS))
      .filter(({ intervals, ticks, marks }) => intervals.length + ticks.length + marks.length > 0),
    gaps: gaps.map(({ from, to, kind, text }) => ({ from: at(from), to: at(to), kind, text: clean(text) })),
    series: series(past.curves, {
      fromMs: Math.max(fromMs, knownMs),
      toMs: past.ended === true ? NOW.getTime() : nowMs,
      stepMs: STEPS_S[range] * 1000,
      gaps: past.gaps.map(({ from, to }) => ({ fromMs: NOW.getTime() - from * 1000, toMs: NOW.getTime() - to * 1000 })),
    }),
  }
}
