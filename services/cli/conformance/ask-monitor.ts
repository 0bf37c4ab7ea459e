/** What a plug-in is asked by nodedoctor.v1: who it is, one check and all, and three Watches one after the other. */
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { type Asking, askAtOnce, checkOf, describeOf, STRANGE_NAME } from './ask-check.ts'
import type { Line } from './line.ts'
import type { Asked, Heard, MonitorFacts, Stream } from './types.ts'
import { startWatching, type Watcher } from './watcher.ts'

/** What a heartbeat may be late by. */
export const HEARTBEAT_SLACK_MS = 1000
/** How long one may be at most that the detector believes. */
export const HEARTBEAT_MAX_MS = 60_000
/** How long it is waited for what must not come. */
const NOTHING_MS = 1000

const NOTHING: Stream = { heard: [], error: '' }

function reportOf({ value }: Heard): Report | undefined {
  return value.report
}

function lastSequence(...streams: readonly Stream[]): number {
  const sequences = streams.flatMap(({ heard }) => heard.flatMap((one) => reportOf(one)?.sequence ?? []))
  return Math.max(0, ...sequences)
}

/** Until something comes that is no answer to what was asked. */
async function silence(watcher: Watcher, { line, described }: Asking): Promise<number | undefined> {
  const limitMs = Math.min(described.heartbeatIntervalMs, HEARTBEAT_MAX_MS) + HEARTBEAT_SLACK_MS
  const beganMs = line.clock.monotonicMs()
  const came = await watcher.until(() => true, limitMs, watcher.stream.heard.length)
  return came ? line.clock.monotonicMs() - beganMs : undefined
}

/** Watches, has all checks run, and waits for what that brings. */
async function firstWatch(asking: Asking) {
  const { line, timeoutMs } = asking
  const beganMs = line.clock.monotonicMs()
  const watcher = startWatching(line)
  const hasBegun = await watcher.until(() => true, timeoutMs)
  const startMs = hasBegun ? line.clock.monotonicMs() - beganMs : undefined
  const all = await checkOf(asking, '')
  const asked = all.kind === 'answered' ? all.value.report?.sequence : undefined
  const isCheckTold =
    hasBegun && asked !== undefined && (await watcher.until((one) => reportOf(one)?.sequence === asked, timeoutMs))
  const silentMs = hasBegun ? await silence(watcher, asking) : undefined
  await watcher.leave()
  return { all, startMs, isCheckTold, silentMs, first: watcher.stream }
}

/** Watches anew: what was not acknowledged is to come again, as `told` by Check; then it is acknowledged. */
async function secondWatch({ line, timeoutMs }: Asking, before: Stream, told: number | undefined) {
  const last = lastSequence(before)
  const watcher = startWatching(line)
  const isIt = (sequence: number) => (told === undefined ? sequence >= last : sequence === told)
  await watcher.until((one) => isIt(reportOf(one)?.sequence ?? 0), timeoutMs)
  const reports = [...before.heard, ...watcher.stream.heard].flatMap((one) => reportOf(one) ?? [])
  // What came with it has arrived once this is answered.
  await describeOf(line)
  const acknowledged = lastSequence(before, watcher.stream)
  const incarnation = reports.at(-1)?.incarnation ?? 0
  if (acknowledged > 0) watcher.say({ $case: 'ack', value: { incarnation, sequence: acknowledged } })
  // Once this is answered the acknowledgement was read, which went over the same connection before.
  await describeOf(line)
  await watcher.leave()
  return { second: watcher.stream, acknowledged }
}

/** Watches once more, and clears what it never heard of. */
async function thirdWatch({ line, timeoutMs }: Asking, acknowledged: number) {
  const watcher = startWatching(line)
  const isNews = (one: Heard) => (reportOf(one)?.sequence ?? 0) > acknowledged
  await watcher.until(isNews, Math.min(timeoutMs, NOTHING_MS))
  const { stream: third } = watcher
  const value = { type: STRANGE_NAME, entity: '', by: STRANGE_NAME, why: 'to see whether it is outlived' }
  const cleared = await line.trial<DescribeResponse>(
    'a Clear of a type that it does not have',
    async () => {
      watcher.say({ $case: 'clear', value })
      return [await describeOf(line)]
    },
    () => describeOf(line),
  )
  await watcher.leave()
  return { third, cleared }
}

/** All that follows its description. */
async function askOn(asking: Asking): Promise<Omit<MonitorFacts, 'describe' | 'again'>> {
  const one = await checkOf(asking, asking.described.checks[0]?.check ?? '')
  const stranger = await checkOf(asking, STRANGE_NAME)
  const watched = await firstWatch(asking)
  const { all, isCheckTold, first } = watched
  const told = isCheckTold && all.kind === 'answered' ? all.value.report?.sequence : undefined
  const again = await secondWatch(asking, first, told)
  const third = await thirdWatch(asking, again.acknowledged)
  return { ...watched, one, stranger, ...again, ...third, ...(await askAtOnce(asking, one)) }
}

function nothingAsked(why: string): Omit<MonitorFacts, 'describe'> {
  const outcome = { kind: 'not-asked', why } as const
  const checks = { all: outcome, one: outcome, stranger: outcome }
  const streams = { first: NOTHING, second: NOTHING, third: NOTHING, acknowledged: 0 }
  const trial = { answers: [outcome], after: outcome, isAnother: false }
  const times = { startMs: undefined, silentMs: undefined, isCheckTold: false }
  const trials = { again: trial, cleared: trial, atOnce: trial, cancelled: trial }
  return { ...checks, ...streams, ...times, ...trials }
}

/** Everything; where it does not speak the protocol, why. */
export async function askMonitor(line: Line, { timeoutMs }: Asked): Promise<MonitorFacts | { notSpoken: string }> {
  const describe = await describeOf(line)
  if (describe.kind === 'failed' && ['UNIMPLEMENTED', 'UNAVAILABLE'].includes(describe.code))
    return { notSpoken: describe.details }
  if (describe.kind !== 'answered') return { describe, ...nothingAsked('Describe was not answered') }
  const again = await line.trial<DescribeResponse>(
    'a call with an unknown field',
    async () => [await describeOf(line, { withUnknownField: true })],
    () => describeOf(line),
  )
  if (again.after.kind !== 'answered') return { describe, ...nothingAsked('Describe was not answered again'), again }
  return { describe, again, ...(await askOn({ line, timeoutMs, described: describe.value })) }
}
