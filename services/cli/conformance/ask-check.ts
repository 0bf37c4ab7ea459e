/** Describe and Check of nodedoctor.v1: one by one, two at once, and called off. */
import { type CheckResponse, type DescribeResponse, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import type { CallMore, Line } from './line.ts'
import type { MonitorFacts, Outcome } from './types.ts'

/** Neither a check nor a type of any plug-in. */
export const STRANGE_NAME = 'node-doctor-conformance'
/** How long after its start a call is called off. */
export const CANCEL_AFTER_MS = 20

/** What every step asks with. */
export interface Asking {
  readonly line: Line
  readonly timeoutMs: number
  readonly described: DescribeResponse
}

export function describeOf(line: Line, more: CallMore = {}): Promise<Outcome<DescribeResponse>> {
  return line.ask(MonitorService.describe, { detectorVersion: '' }, more)
}

/** A check has its own time beside the call's. */
export function checkOf(
  { line, timeoutMs, described }: Asking,
  check: string,
  more: CallMore = {},
): Promise<Outcome<CheckResponse>> {
  const longestMs = Math.max(0, ...described.checks.map((one) => one.timeoutMs))
  return line.ask(MonitorService.check, { check }, { ...more, timeoutMs: timeoutMs + longestMs })
}

async function calledOff(asking: Asking, check: string): Promise<[]> {
  const abort = new AbortController()
  const answer = checkOf(asking, check, { signal: abort.signal })
  await asking.line.clock.sleep(CANCEL_AFTER_MS)
  abort.abort()
  await answer
  return []
}

/** Two Checks at once, and one that is called off. @param alone what became of one Check before */
export async function askAtOnce(
  asking: Asking,
  alone: Outcome<CheckResponse>,
): Promise<Pick<MonitorFacts, 'atOnce' | 'cancelled'>> {
  const { line, described } = asking
  const [first] = described.checks
  if (first === undefined || alone.kind !== 'answered') {
    const outcome = { kind: 'not-asked', why: 'Check of one was not answered' } as const
    const trial = { answers: [outcome], after: outcome, isAnother: false }
    return { atOnce: trial, cancelled: trial }
  }
  const ordinary = () => describeOf(line)
  const two = () => Promise.all([checkOf(asking, first.check), checkOf(asking, first.check)])
  const atOnce = await line.trial('two calls at once', two, ordinary)
  const cancelled = await line.trial<CheckResponse>(
    'a call that was called off',
    () => calledOff(asking, first.check),
    ordinary,
  )
  return { atOnce, cancelled }
}
