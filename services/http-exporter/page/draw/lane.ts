/** What a lane of the ribbon says at an instant, and in words. */
import { type LaneView, LEVEL_WORDS, type Level } from '#view'
import { counted } from '../words/sentences.ts'
import { dayAndHourOf, hourOf } from '../words/times.ts'
import type { Window } from './axis.ts'

export type Interval = LaneView['intervals'][number]

/** From and to in epoch milliseconds; an interval without an end lasts until `nowMs`. */
export function spanOf({ from, to }: Interval, nowMs: number): Window {
  return { from: Date.parse(from), to: to === undefined ? nowMs : Date.parse(to) }
}

/** The interval that covers an instant; undefined: healthy. */
export function intervalAt(lane: LaneView, ms: number, nowMs: number): Interval | undefined {
  return lane.intervals.findLast((interval) => {
    const { from, to } = spanOf(interval, nowMs)
    return from <= ms && ms <= to
  })
}

/** How a lane's thing is now. */
export interface LaneNow {
  readonly level: Level
  /** RFC 3339; "" when it is not known since when. */
  readonly since: string
}

/** As the history has it, for a thing that the view does not name; undefined when it never was in a state. */
export function laneNow({ intervals }: LaneView): LaneNow | undefined {
  const last = intervals.at(-1)
  if (last === undefined) return undefined
  return last.to === undefined ? { level: last.level, since: last.from } : { level: 'healthy', since: last.to }
}

const NAMED = 6

const DAY_MS = 86_400_000

/** "/var full: warning 02:26 to 02:44, critical 02:44 until now; otherwise healthy". */
export function laneWords(lane: LaneView, { from, to }: Window): string {
  const say = (at: string): string => (to - from > DAY_MS ? dayAndHourOf(Date.parse(at)) : hourOf(Date.parse(at)))
  const said = lane.intervals.slice(-NAMED).map((interval) => {
    const until = interval.to === undefined ? 'until now' : `to ${say(interval.to)}`
    return `${LEVEL_WORDS[interval.level].toLowerCase()} ${say(interval.from)} ${until}`
  })
  const more = lane.intervals.length - said.length
  const before = more > 0 ? [`${more} times before`] : []
  const events = lane.ticks.reduce((sum, { count }) => sum + count, 0)
  return [
    `${lane.label}: ${[...before, ...said].join(', ')}${said.length > 0 ? '; otherwise healthy' : 'healthy'}`,
    ...(events > 0 ? [counted(events, 'event')] : []),
    ...(lane.marks.length > 0
      ? [
          lane.marks
            .slice(-NAMED)
            .map(({ at, text }) => `${text} ${say(at)}`)
            .join(', '),
        ]
      : []),
  ].join('; ')
}

/** Height of an interval's bar: severity is also how high it stands. */
export const BAR_HEIGHT = {
  healthy: 0,
  info: 3,
  warning: 5,
  error: 10,
  critical: 15,
  unknown: 13,
  stale: 13,
} as const satisfies Record<Level, number>
