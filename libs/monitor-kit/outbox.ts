/**
 * Reports that the detector has not acknowledged: kept, bounded, in order. The oldest that says nothing is wrong goes
 * first when there is no room, and is counted. Kept as bytes, a tenth of the objects' memory; samples are not kept,
 * since nobody wants old ones.
 */
import { compareSeverity, type Report } from '#model'
import { bytesOfReport, type EncodedSaid, thingsOf } from './report-bytes.ts'

/** Reports, and bytes of them, that are kept at most. */
export const KEPT_MAX = 1000
export const KEPT_BYTES_MAX = 4 * 1024 * 1024

/** A report as it goes out, without its samples. */
export interface KeptReport {
  readonly sequence: number
  readonly bytes: Uint8Array
  /** How many things are in it. */
  readonly things: number
}

interface Kept extends KeptReport {
  readonly isQuiet: boolean
  readonly isHeld: boolean
}

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
   */
  add(report: Unnumbered & { readonly said?: EncodedSaid | undefined }, isHeld?: boolean): Report
  /** Undefined while less than half of the room is held; else resolves when some of it may be free. */
  room(): Promise<void> | undefined
  /** Hears up to which number reports were acknowledged. */
  onAcknowledged(listener: (sequence: number) => void): void
  /** Gives the report a number; it is not kept, because it can be made again. */
  number(report: Unnumbered): Report
  /** Everything of this incarnation up to `sequence` may be forgotten. */
  acknowledge(incarnation: number, sequence: number): void
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

export interface OutboxLimits {
  readonly reports: number
  readonly bytes: number
}

/** @param incarnation a number drawn at the monitor's start, not 0 */
export function createReportOutbox(
  incarnation: number,
  limits: OutboxLimits = { reports: KEPT_MAX, bytes: KEPT_BYTES_MAX },
): ReportOutbox {
  const kept: Kept[] = []
  let bytes = 0
  let sequence = 0
  let dropped = 0

  const held = { reports: 0, bytes: 0 }
  const listeners: ((sequence: number) => void)[] = []
  let waiting = Promise.withResolvers<void>()

  function count({ bytes: { length }, isHeld }: Kept, by: 1 | -1): void {
    bytes += by * length
    if (!isHeld) return
    held.reports += by
    held.bytes += by * length
  }

  function remove(index: number, many = 1): void {
    for (const gone of kept.splice(index, many)) count(gone, -1)
    waiting.resolve()
    waiting = Promise.withResolvers()
  }

  /** What says nothing goes first, what a cursor stands behind last, and of the same the oldest. */
  function leastOf(): number {
    const quiet = kept.findIndex((report) => report.isQuiet && !report.isHeld)
    return Math.max(0, quiet === -1 ? kept.findIndex((report) => !report.isHeld) : quiet)
  }

  function makeRoom(): void {
    while (kept.length > limits.reports || bytes > limits.bytes) {
      remove(leastOf())
      dropped++
    }
  }

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
    number,
    add({ said, ...report }, isHeld = false) {
      const numbered = number(report)
      const one = {
        sequence: numbered.sequence,
        bytes: bytesOfReport(numbered, said),
        things: thingsOf(numbered),
        isQuiet: isQuiet(numbered),
        isHeld,
      }
      kept.push(one)
      count(one, 1)
      makeRoom()
      return numbered
    },
    room() {
      const isFull = held.reports * 2 >= limits.reports || held.bytes * 2 >= limits.bytes
      return isFull ? waiting.promise : undefined
    },
    onAcknowledged(listener) {
      listeners.push(listener)
    },
    acknowledge(acknowledged, upTo) {
      // Nobody has taken what was never told.
      if (acknowledged !== incarnation || upTo > sequence) return
      const first = kept.findIndex((report) => report.sequence > upTo)
      remove(0, first === -1 ? kept.length : first)
      for (const listener of listeners) listener(upTo)
    },
    after(last) {
      return kept.find((report) => report.sequence > last)
    },
    drop(gone) {
      const index = kept.findIndex((report) => report.sequence === gone)
      if (index === -1) return
      remove(index)
      dropped++
    },
  }
}
