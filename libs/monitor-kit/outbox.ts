/**
 * Reports that the detector has not acknowledged: kept, bounded, in order. When there is no room, of the check that has most of it
 * the oldest that says nothing is wrong goes first, and is counted. Kept as bytes, a tenth of the objects' memory; samples are not kept,
 * since nobody wants old ones.
 */
import { compareSeverity, type Report } from '#model'
import { createKeptReports, type KeptReport, type OutboxLimits } from './kept-reports.ts'
import { bytesOfReport, type EncodedSaid, thingsOf } from './report-bytes.ts'

/** Reports, and bytes of them, that are kept at most. */
export const KEPT_MAX = 1000
export const KEPT_BYTES_MAX = 4 * 1024 * 1024

type Unnumbered = Omit<Report, 'incarnation' | 'sequence'>

export interface ReportOutbox {
  readonly incarnation: number
  /** The number of the last report. */
  readonly sequence: number
  /** Reports dropped since the start. */
  readonly dropped: number
  readonly length: number
  /**
   * Gives the report its number and keeps it.
   * @param report `said`: where what it says is encoded already
   * @param isHeld a cursor stands behind it: another goes first when there is no room. Default false
   * @param check the configured name of who said it: where there is no room, who has most of it loses. Default ""
   */
  add(report: Unnumbered & { readonly said?: EncodedSaid | undefined }, isHeld?: boolean, check?: string): Report
  /**
   * Undefined while the check holds less than its share of half of the room; else resolves when some of it may be free.
   * @param check default ""
   * @param isFull there is no room for it elsewhere. Default false
   */
  room(check?: string, isFull?: boolean): Promise<void> | undefined
  /** How often somebody has acknowledged reports of this incarnation. */
  readonly acknowledgements: number
  /** Hears up to which number reports were acknowledged, or had by one who acknowledges nothing. */
  onAcknowledged(listener: (sequence: number) => void): void
  /** Gives the report a number; it is not kept, because it can be made again. */
  number(report: Unnumbered): Report
  /** Everything of this incarnation up to `sequence` may be forgotten. */
  acknowledge(incarnation: number, sequence: number): void
  /**
   * One who acknowledges nothing has been told what there is: every report stays for who does, and who waits for room asks again.
   * @param isTaken what their cursors stand for is taken by that
   */
  answered(isTaken: boolean): void
  /** The first kept report after this one. */
  after(sequence: number): KeptReport | undefined
  /** A report that can never be delivered is forgotten, and counted. */
  drop(sequence: number): void
}

/** Nothing is lost but the proof that all is well when this one goes. */
function isQuiet(report: Report): boolean {
  return (
    report.observations.every(({ health }) => health === 'healthy') &&
    report.withdrawn.length === 0 &&
    report.events.every(({ severity }) => compareSeverity(severity, 'warning') < 0)
  )
}

/**
 * @param incarnation a number drawn at the monitor's start, not 0
 * @param followers how many checks tell with cursors, and share the half of the room that these may hold
 */
export function createReportOutbox(
  incarnation: number,
  limits: OutboxLimits = { reports: KEPT_MAX, bytes: KEPT_BYTES_MAX },
  followers = 1,
): ReportOutbox {
  let sequence = 0
  let dropped = 0
  let acknowledgements = 0
  const listeners: ((sequence: number) => void)[] = []
  let roomy = Promise.withResolvers<void>()
  function askAgain(): void {
    roomy.resolve()
    roomy = Promise.withResolvers()
  }
  const kept = createKeptReports(limits, Math.max(1, followers), askAgain)

  function number(report: Unnumbered): Report {
    sequence++
    return { ...report, incarnation, sequence }
  }

  return {
    incarnation,
    get sequence() {
      return sequence
    },
    get dropped() {
      return dropped
    },
    get length() {
      return kept.length
    },
    get acknowledgements() {
      return acknowledgements
    },
    number,
    add({ said, ...report }, isHeld = false, check = '') {
      const numbered = number(report)
      const encoded = { bytes: bytesOfReport(numbered, said), things: thingsOf(numbered) }
      dropped += kept.add({ sequence: numbered.sequence, ...encoded, isQuiet: isQuiet(numbered), isHeld, check })
      return numbered
    },
    room: (check = '', isFull = false) => (isFull || kept.isFull(check) ? roomy.promise : undefined),
    onAcknowledged(listener) {
      listeners.push(listener)
    },
    acknowledge(acknowledged, upTo) {
      // Nobody has taken what was never told.
      if (acknowledged !== incarnation || upTo > sequence) return
      acknowledgements++
      kept.forget(upTo)
      for (const listener of listeners) listener(upTo)
    },
    answered(isTaken) {
      if (isTaken) for (const listener of listeners) listener(sequence)
      askAgain()
    },
    after: kept.after,
    drop(gone) {
      if (kept.remove(gone)) dropped++
    },
  }
}
