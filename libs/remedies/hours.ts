/** Hours of the week: when nothing is repaired, and when a node may be disturbed. Pure: the time is an argument. */
import type { NodeDoctorConfig } from '#config/types'

type Hours = NodeDoctorConfig['remediation']['quietHours']

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const HOUR = 60
const DAY = 24 * HOUR
const WEEK = 7 * DAY
const MINUTE_MS = 60_000

/** Minutes since Monday, 0:00, there. */
function minuteOfWeek(now: Date, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const day = DAYS.findIndex((name) => name === (parts['weekday'] ?? ''))
  return day * DAY + Number(parts['hour']) * HOUR + Number(parts['minute'])
}

/** "22:30" as minutes. */
function minuteOfDay(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':')
  return Number(hours) * HOUR + Number(minutes)
}

/** Beginning and length of each, in minutes of the week. */
function spansOf(hours: Hours): readonly { readonly from: number; readonly length: number }[] {
  return hours.flatMap(({ days = DAYS, from, to }) => {
    const [begin, end] = [minuteOfDay(from), minuteOfDay(to)]
    const length = end > begin ? end - begin : end + DAY - begin
    return days.map((day) => ({ from: DAYS.indexOf(day) * DAY + begin, length }))
  })
}

/** Whether it is within hours now, and in how many milliseconds that may be otherwise. */
export interface WithinHours {
  readonly isWithin: boolean
  /** Undefined: never. To the minute; on a night when clocks are changed an hour off. */
  readonly changesInMs: number | undefined
}

/** @param timeZone one that {@link isTimeZone} knows */
export function withinHours(hours: Hours, timeZone: string, now: Date): WithinHours {
  const minute = minuteOfWeek(now, timeZone)
  const spans = spansOf(hours)
  const isIn = (at: number) => spans.some(({ from, length }) => (((at - from) % WEEK) + WEEK) % WEEK < length)
  const isWithin = isIn(minute)
  const edges = spans.flatMap(({ from, length }) => [from, from + length])
  const waits = edges.map((edge) => (((edge - minute) % WEEK) + WEEK) % WEEK).filter((wait) => wait > 0)
  const next = waits.toSorted((a, b) => a - b).find((wait) => isIn(minute + wait) !== isWithin)
  return { isWithin, changesInMs: next === undefined ? undefined : next * MINUTE_MS - (now.getTime() % MINUTE_MS) }
}
