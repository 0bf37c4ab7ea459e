/** What one watcher has still to be told: what it has not acknowledged, then the present state, then what happens. */
import type { Report } from '#model'
import type { KeptReport } from './kept-reports.ts'
import type { ReportOutbox } from './outbox.ts'
import { bytesOfReport, bytesOfSamples, thingsOf } from './report-bytes.ts'

/** The reports for one watcher, in their order. */
export interface WatchQueue {
  /** Takes the next report; undefined when there is nothing to tell. */
  next(): KeptReport | undefined
  /** Takes the report of this number, if it is the next and all before it was told. */
  takeNew(sequence: number): KeptReport | undefined
  /** Nothing was taken yet. */
  readonly isFresh: boolean
}

/** With its samples: nobody has told them to this watcher. */
function wholeOf(report: Report): KeptReport {
  const { sequence, metrics } = report
  const bytes = Buffer.concat([bytesOfReport(report), bytesOfSamples(metrics)])
  return { sequence, bytes, things: thingsOf(report) + metrics.length }
}

/** @param takePresent the present state as reports with numbers of their own; asked once, when what was kept is told */
export function createWatchQueue(
  outbox: Pick<ReportOutbox, 'after'>,
  takePresent: () => readonly Report[],
): WatchQueue {
  /** What is left of the present state; undefined before its time has come. */
  let present: Report[] | undefined
  let last = 0

  function taken(report: KeptReport): KeptReport {
    last = report.sequence
    return report
  }

  function next(): KeptReport | undefined {
    // The present state is taken when all that came before is told, and told before all that comes after.
    const report = present?.shift()
    if (report !== undefined) return taken(wholeOf(report))
    const kept = outbox.after(last)
    if (kept !== undefined) return taken(kept)
    if (present !== undefined) return undefined
    present = [...takePresent()]
    return next()
  }

  return {
    next,
    takeNew(sequence) {
      if (present?.length !== 0) return undefined
      const kept = outbox.after(last)
      return kept?.sequence === sequence ? taken(kept) : undefined
    },
    get isFresh() {
      return last === 0
    },
  }
}
