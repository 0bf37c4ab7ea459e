/** When something is since, happened, or was said. */
import { CLOCK_MS, SENSIBLE_MS } from '../limits.ts'
import { polledIn, type Said, saidIn } from '../said.ts'
import type { Facts, Rule } from '../types.ts'
import { counted, quoted, skip, unless } from '../verdict.ts'

interface Told {
  readonly what: string
  readonly time: Date | undefined
  readonly at: Date
}

function timesOf({ where, at, time, conditions, events, protocol }: Said): Told[] {
  const isReport = protocol === 'nodedoctor.v1'
  return [
    ...(isReport ? [{ what: `a report of ${where}`, time, at }] : []),
    ...conditions.map(({ type, since }) => ({ what: `${where}: ${quoted(type)}`, time: since, at })),
    ...events.map(({ reason, time: seen }) => ({ what: `${where}: the event ${quoted(reason)}`, time: seen, at })),
  ]
}

function instant(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'no time' : time.toISOString()
}

/** The first time that does not pass, of those that were told. */
function times(facts: Facts, isWell: (time: Date, at: Date) => boolean, words: string): string | undefined {
  for (const { what, time, at } of saidIn(facts).flatMap(timesOf))
    if (time !== undefined && !isWell(time, at)) return `${what} says ${instant(time)}, ${words}`
  return undefined
}

function absentTime(facts: Facts): string | undefined {
  const all = saidIn(facts)
  for (const { where, protocol, conditions, events, time } of all) {
    const condition = protocol === 'npd.external.v1' && conditions.find(({ since }) => since === undefined)
    if (condition) return `${where} tells ${quoted(condition.type)} without a transition`
    const event = events.find(({ time: seen }) => seen === undefined)
    if (event) return `${where} tells the event ${quoted(event.reason)} without a time`
    if (protocol === 'nodedoctor.v1' && time === undefined) return `a report of ${where} has no time`
  }
  return undefined
}

/** A transition that moved while the status stood. */
function movedTime(facts: Facts): string | undefined {
  const last = new Map<string, { readonly status: number; readonly since: Date | undefined }>()
  for (const { type, status, since } of polledIn(facts).flatMap(({ conditions }) => conditions)) {
    const before = last.get(type)
    const isSame = before?.status === status && before.since !== undefined && since !== undefined
    if (isSame && before.since.getTime() !== since.getTime())
      return `the transition of ${quoted(type)} went from ${instant(before.since)} to ${instant(since)} while its status stood`
    last.set(type, { status, since })
  }
  return undefined
}

/** An event that two answers tell as the same. */
function toldAgain(facts: Facts): string | undefined {
  const told = new Set<string>()
  for (const { reason, message, time } of polledIn(facts).flatMap(({ events }) => events)) {
    const key = JSON.stringify([reason, message, time?.getTime() ?? null])
    if (time !== undefined && told.has(key)) return `two answers tell the event ${quoted(reason)} of ${instant(time)}`
    told.add(key)
  }
  return undefined
}

function judgeAll(faultOf: (facts: Facts) => string | undefined, advice: string) {
  return (facts: Facts) => {
    const count = saidIn(facts).flatMap(timesOf).length
    return count === 0 ? skip('it told of no time') : unless(faultOf(facts), advice, counted(count, 'time'))
  }
}

export const timeRules: readonly Rule[] = [
  {
    id: 'time-present',
    level: 'must',
    why: 'Conditions of npd.external.v1 say since when they are so, events and reports when they were: else that is 1970 to others.',
    judge: judgeAll(absentTime, 'set it'),
  },
  {
    id: 'time-not-1970',
    level: 'must',
    why: 'No time lies before 1971: that is a time which was never set, or seconds taken for milliseconds.',
    judge: judgeAll(
      (facts) => times(facts, (time) => !(time.getTime() <= SENSIBLE_MS), 'which nobody meant'),
      'set it in seconds and nanoseconds since 1970, UTC',
    ),
  },
  {
    id: 'time-not-ahead',
    level: 'must',
    why: 'No time lies more than 5 minutes ahead: the detector takes its own in place of it.',
    judge: judgeAll(
      (facts) => times(facts, (time, at) => time.getTime() - at.getTime() <= CLOCK_MS, 'which is yet to come'),
      'take the time in UTC, not in local time',
    ),
  },
  {
    id: 'event-new',
    level: 'must',
    of: 'npd.external.v1',
    why: 'An event of npd.external.v1 is told within 5 minutes: an older time is replaced by that of its arrival.',
    judge: (facts) => {
      const all = polledIn(facts).flatMap(({ at, events }) => events.map((event) => ({ at, event })))
      const old = all.find(({ at, event: { time } }) => {
        const ageMs = time === undefined ? 0 : at.getTime() - time.getTime()
        return ageMs > CLOCK_MS && (time?.getTime() ?? 0) > SENSIBLE_MS
      })
      if (all.length === 0) return skip('it told of no event')
      const fault =
        old &&
        `the event ${quoted(old.event.reason)} is told at ${instant(old.at)} and happened at ${instant(old.event.time ?? old.at)}`
      return unless(fault, 'tell what is new since the answer before', counted(all.length, 'event'))
    },
  },
  {
    id: 'event-once',
    level: 'should',
    of: 'npd.external.v1',
    why: 'An event stands in one answer: in the next one it counts as having happened again.',
    judge: (facts) => {
      const count = polledIn(facts).flatMap(({ events }) => events).length
      return count === 0
        ? skip('it told of no event')
        : unless(toldAgain(facts), 'forget it once it was told', counted(count, 'event'))
    },
  },
  {
    id: 'transition-stable',
    level: 'must',
    of: 'npd.external.v1',
    why: 'A transition stands while the status does: it is since when it is so, not when it was looked at.',
    judge: (facts) =>
      polledIn(facts).length < 2
        ? skip('CheckHealth was not answered')
        : unless(movedTime(facts), 'keep it until the status is another', 'each stands while its status does'),
  },
]
