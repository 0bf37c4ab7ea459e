/** A report that the engine takes, and what is done and said where it fails at it. */
import { cleanText, type Report } from '#model'
import type { Receipt } from '../outbox/outbox.ts'
import type { Held } from '../turns.ts'
import { ReportNotTakenError } from './errors.ts'
import type { LinkOptions, Session } from './session.ts'
import type { PutAside } from './set-aside.ts'

/** Longest reason of a failure in an event, in UTF-16 units. */
const WHY_MAX = 512

/**
 * Returns how long taking it held the event loop.
 * @throws ReportNotTakenError
 */
export async function taken(sequence: number, take: () => Held): Promise<number> {
  try {
    return await take()
  } catch (err) {
    throw new ReportNotTakenError(sequence, err)
  }
}

/** "1st", "2nd", "3rd", "4th", "11th". */
function ordinal(count: number): string {
  const isTeen = Math.floor(count / 10) % 10 === 1
  return `${count}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][count % 10]) ?? 'th'}`
}

/**
 * How long taking a report held the loop. One at which the detector has failed for the last time is acknowledged as if it had
 * been taken, so that those after it come through.
 * @throws ReportNotTakenError
 */
export async function takenOrSetAside(
  { aside }: Session,
  report: Report,
  receipt: Receipt,
  options: LinkOptions,
): Promise<number> {
  const { engine, known, clock } = options
  try {
    if (!aside.has(report)) return await taken(report.sequence, () => engine.report(known.name, report, receipt))
  } catch (err) {
    const put = aside.failed(report, clock.monotonicMs())
    if (put === undefined) throw err
    if (put.isTold) tellSetAside(report.sequence, put, err, options)
  }
  engine.skip(receipt)
  return 0
}

function tellSetAside(
  sequence: number,
  { count, where }: PutAside,
  err: unknown,
  { engine, known, log }: LinkOptions,
): void {
  log.error('report of a monitor is set aside', { monitor: known.name, sequence, err })
  const cause = err instanceof Error ? err.cause : err
  const why = cleanText(cause instanceof Error ? cause.message : String(cause), WHY_MAX)
  engine.event({
    reason: 'ReportSetAside',
    severity: 'error',
    entity: `monitor:${known.name}`,
    message: `monitor ${known.name}: its report ${sequence} is set aside, the ${ordinal(count)} since the start: the detector failed ${where}, by a fault of its own: ${why}`,
  })
}
