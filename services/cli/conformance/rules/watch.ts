/** The stream of nodedoctor.v1: that it goes on, in order, and loses nothing. */
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { reportsIn } from '../said.ts'
import type { Facts, MonitorFacts, Rule, Stream } from '../types.ts'
import { fail, notTried, pass, quoted, skip, survivalFault, unless } from '../verdict.ts'
import { streaming } from './describe.ts'

function reportsOf({ heard }: Stream): Report[] {
  return heard.flatMap(({ value }) => value.report ?? [])
}

/** The number of what Check made. */
function askedFor({ all }: MonitorFacts): number | undefined {
  return all.kind === 'answered' ? all.value.report?.sequence : undefined
}

/** How a stream failed; undefined: none did. */
function endedFault({ first, second, third }: MonitorFacts): string | undefined {
  return [first, second, third].map(({ error }) => error).find((error) => error !== '')
}

function notBegun(monitor: MonitorFacts) {
  if (monitor.describe.kind !== 'answered') return skip('Describe was not answered')
  if (endedFault(monitor) !== undefined) return skip('a Watch did not go on')
  return monitor.startMs === undefined ? skip('Watch brought nothing') : undefined
}

function sequenceFault({ first, second, third }: MonitorFacts): string | undefined {
  for (const stream of [first, second, third]) {
    let last = 0
    for (const { sequence } of reportsOf(stream)) {
      if (sequence <= last) return `in one stream ${sequence} comes after ${last === 0 ? 'nothing' : last}`
      last = sequence
    }
  }
  return undefined
}

/** A number under which different things were told. What Check answers may join what several checks told. */
function reusedFault({ first, second, third }: MonitorFacts): string | undefined {
  const told = new Map<number, string>()
  for (const { sequence, observations } of [first, second, third].flatMap(reportsOf)) {
    const keys = observations
      .map(({ type, entity }) => `${type} ${entity}`)
      .toSorted()
      .join(', ')
    const before = told.get(sequence)
    if (before !== undefined && before !== keys) return `the number ${sequence} stands for two reports`
    told.set(sequence, keys)
  }
  return undefined
}

/** A condition that an unacknowledged report of the first stream names, and the second does not. */
function lostCondition({ first, second }: MonitorFacts): string | undefined {
  const keyOf = ({ type, entity }: { readonly type: string; readonly entity: string }) => `${type}\u0000${entity}`
  const again = new Set(reportsOf(second).flatMap(({ observations }) => observations.map(keyOf)))
  const lost = reportsOf(first)
    .flatMap(({ observations }) => observations)
    .find((one) => !again.has(keyOf(one)))
  return lost && `the next stream does not tell ${quoted(lost.type)}`
}

function redelivery(monitor: MonitorFacts, { socket: { otherClients = 0 } }: Facts) {
  const asked = askedFor(monitor)
  const isAgain = reportsOf(monitor.second).some(({ sequence }) => sequence === asked)
  const isMissing = monitor.isCheckTold && asked !== undefined && !isAgain
  const fault = isMissing
    ? `report ${asked} was not acknowledged, and the next stream does not bring it`
    : lostCondition(monitor)
  // What that one acknowledges is not told again, as it should be.
  if (fault !== undefined && otherClients > 0)
    return skip('somebody else is connected to it meanwhile, such as a detector; ask it where nobody watches it')
  return unless(fault, 'keep each report until it is acknowledged, and send those first', 'told again')
}

function acknowledged(monitor: MonitorFacts) {
  const { acknowledged: upTo, third } = monitor
  if (upTo === 0) return skip('no report came that could be acknowledged')
  const old = reportsOf(third).find(({ sequence }) => sequence <= upTo)
  const fault = old && `report ${old.sequence} comes again, and ${upTo} was acknowledged`
  return unless(fault, 'forget every report up to the number that is acknowledged', `up to ${upTo}`)
}

/** Which check has said all by now is a matter of time; who names none in complete names none ever. */
/** It says which looks were asked for, and no check has had two turns: none need know by now all that it watches. */
function isTooEarly(reports: readonly Report[]): boolean {
  const isAsked = ({ observations }: Report) => observations.some(({ asked }) => asked)
  const turns = new Map<string, Set<number>>()
  for (const report of reports.filter((one) => !isAsked(one))) {
    for (const { check } of report.runs) turns.set(check, (turns.get(check) ?? new Set()).add(report.sequence))
  }
  return reports.some(isAsked) && ![...turns.values()].some(({ size }) => size > 1)
}

function incomplete(monitor: MonitorFacts, facts: Facts) {
  if (monitor.describe.kind !== 'answered') return skip('Describe was not answered')
  const { checks } = monitor.describe.value
  if (checks.length === 0) return skip('it declares no check')
  const reports = reportsIn(facts).map(({ report }) => report)
  const complete = new Set(reports.flatMap((report) => report.complete))
  if (complete.size === 0 && isTooEarly(reports)) return skip('no check of it has had two turns by now')
  const named = checks.filter(({ check }) => complete.has(check)).length
  return unless(
    named === 0 ? 'no report names a check in complete' : undefined,
    'name each check there once it has said every condition that it watches',
    `${named} of ${checks.length} by now`,
  )
}

function started(monitor: MonitorFacts) {
  const { startMs, describe } = monitor
  if (describe.kind !== 'answered') return skip('Describe was not answered')
  const ended = endedFault(monitor)
  if (ended !== undefined) return fail(`Watch: ${ended}`, 'let it go on until its client leaves it')
  if (startMs !== undefined) return pass(`the first message after ${Math.ceil(startMs)} ms`)
  return fail('Watch: nothing comes', 'answer its start with what is known, or a heartbeat where there is nothing')
}

export const watchRules: readonly Rule[] = [
  {
    id: 'watch',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'A Watch brings something at once, and goes on: only a monitor that speaks is alive.',
    judge: streaming(started),
  },
  {
    id: 'watch-heartbeat',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'While there is nothing to tell a heartbeat comes in the declared interval: by its absence a hung monitor is seen.',
    judge: streaming((monitor) => {
      const { silentMs, describe } = monitor
      const interval = describe.kind === 'answered' ? describe.value.heartbeatIntervalMs : 0
      const fault =
        silentMs === undefined ? `nothing came in the ${interval} ms that it declares, and a second more` : undefined
      return (
        notBegun(monitor) ?? unless(fault, 'send a message without a report', `after ${Math.ceil(silentMs ?? 0)} ms`)
      )
    }),
  },
  {
    id: 'watch-sequence',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'The numbers of reports grow from 1 on, and each stands for one: a report is known by its incarnation and number.',
    judge: streaming(
      (monitor) =>
        notBegun(monitor) ??
        unless(sequenceFault(monitor) ?? reusedFault(monitor), 'count each report once', 'they grow'),
    ),
  },
  {
    id: 'watch-check',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'What Check saw goes out on Watch too, under the same number: what a person asks for is known to all.',
    judge: streaming((monitor) => {
      const asked = askedFor(monitor)
      if (asked === undefined) return skip('Check of all brought no report')
      const fault = monitor.isCheckTold ? undefined : `report ${asked} of Check did not come`
      return notBegun(monitor) ?? unless(fault, 'tell it as you tell what a turn saw', `report ${asked}`)
    }),
  },
  {
    id: 'watch-again',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'What was not acknowledged comes again on the next Watch: a detector that dies loses nothing.',
    judge: streaming((monitor, facts) => notBegun(monitor) ?? redelivery(monitor, facts)),
  },
  {
    id: 'watch-acknowledged',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'What was acknowledged does not come again: else each restart of a detector tells everything anew.',
    judge: streaming((monitor) => notBegun(monitor) ?? acknowledged(monitor)),
  },
  {
    id: 'watch-clear',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'A Clear of what the plug-in does not have is outlived: people mistype.',
    judge: streaming(
      ({ cleared }) => notTried(cleared) ?? unless(survivalFault(cleared), 'ignore what you did not latch', 'outlived'),
    ),
  },
  {
    id: 'watch-complete',
    level: 'should',
    of: 'nodedoctor.v1',
    why: 'Each check is named in complete once it said all that it watches: what only an earlier life reported ends by that.',
    judge: streaming(incomplete),
  },
]
