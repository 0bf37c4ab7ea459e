/**
 * Reports that the detector has not acknowledged: kept, bounded, in order. The oldest that says nothing is wrong goes
 * first when there is no room, and is counted.
 */
import { compareSeverity, type Report } from '#model'

/** Reports kept at most. */
export const KEPT_MAX = 1000

export interface ReportOutbox {
  readonly incarnation: number
  /** Reports dropped since the start. */
  readonly dropped: number
  /** Gives the report its number and keeps it. */
  add(report: Omit<Report, 'incarnation' | 'sequence'>): Report
  /** Everything of this incarnation up to `sequence` may be forgotten. */
  acknowledge(incarnation: number, sequence: number): void
  unacknowledged(): readonly Report[]
}

function isQuiet(report: Report): boolean {
  return (
    report.observations.every(({ health }) => health === 'healthy') &&
    report.withdrawn.length === 0 &&
    report.events.every(({ severity }) => compareSeverity(severity, 'warning') < 0)
  )
}

/** @param incarnation a number drawn at the monitor's start, not 0 */
export function createReportOutbox(incarnation: number, max: number = KEPT_MAX): ReportOutbox {
  let kept: Report[] = []
  let sequence = 0
  let dropped = 0

  return {
    incarnation,
    get dropped() {
      return dropped
    },
    add(report) {
      sequence++
      const numbered: Report = { ...report, incarnation, sequence }
      kept.push(numbered)
      if (kept.length > max) {
        const quiet = kept.findIndex(isQuiet)
        kept.splice(quiet === -1 ? 0 : quiet, 1)
        dropped++
      }
      return numbered
    },
    acknowledge(acknowledged, upTo) {
      if (acknowledged === incarnation) kept = kept.filter((report) => report.sequence > upTo)
    },
    unacknowledged: () => [...kept],
  }
}
