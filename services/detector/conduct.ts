/** What monitors do that they may not, beside what is refused of a report: counted in their state, and told ever more seldom. */
import type { Clock } from '#clock'
import type { Change, Input, MetricSample, Report, ReportLimits, Violation } from '#model'
import { createMisconductBook, type Misconduct, type MisconductKind } from './events/misconduct.ts'
import type { OwnEvent } from './own-reports.ts'
import { createSeriesBook } from './series.ts'

export interface ConductOptions {
  readonly clock: Clock
  readonly limits: ReportLimits
  readonly isPlugIn: (monitor: string) => boolean
  readonly take: (input: Input) => void
  readonly event: (happened: OwnEvent) => void
  /** Returns how many of them no message of the bus can hold. */
  readonly publishMetrics: (monitor: string, at: Date, samples: readonly MetricSample[]) => number
}

export interface Conduct {
  /** What it did beside its reports; each in words that its author understands. */
  misbehaved(monitor: string, kind: MisconductKind, violations: readonly string[]): void
  /** What was refused of a report of its, which stands in its state already. */
  broke(monitor: string, violations: readonly Violation[]): void
  /** Tells the samples of a report, those that it has room for. */
  samples(monitor: string, report: Report): void
  /** Who is gone holds nothing any more. */
  saw(changes: readonly Change[]): void
}

export function createConduct({ clock, limits, isPlugIn, take, event, publishMetrics }: ConductOptions): Conduct {
  const book = createMisconductBook()
  const series = createSeriesBook({ perMonitor: limits.seriesPerMonitor, ofPlugIns: limits.seriesOfPlugIns })
  /** Monitors whose last report had times that make no sense. */
  const senseless = new Set<string>()

  function tell(monitor: string, done: readonly Misconduct[]): void {
    const message = book.saw(monitor, done, clock.monotonicMs())
    if (message === undefined) return
    event({ reason: 'MonitorMisbehaves', severity: 'warning', entity: `monitor:${monitor}`, message })
  }

  /** Times that make no sense once are a report that was on its way while the clock was set. */
  function meant(monitor: string, violations: readonly Violation[]): readonly Violation[] {
    const wasSenseless = senseless.has(monitor)
    if (violations.some(({ code }) => code === 'time-senseless')) senseless.add(monitor)
    else senseless.delete(monitor)
    return wasSenseless ? violations : violations.filter(({ code }) => code !== 'time-senseless')
  }

  function leftOut(monitor: string, times: number, text: string): void {
    if (times === 0) return
    take({ kind: 'misbehaved', monitor, violations: [text], times })
    tell(monitor, [{ kind: 'samples', text }])
  }

  return {
    misbehaved(monitor, kind, violations) {
      take({ kind: 'misbehaved', monitor, violations })
      tell(
        monitor,
        violations.map((text) => ({ kind, text })),
      )
    },
    broke(monitor, violations) {
      tell(
        monitor,
        meant(monitor, violations).map(({ code, text }) => ({ kind: code, text })),
      )
    },
    samples(monitor, { metrics, time }) {
      if (metrics.length === 0) return
      const room = isPlugIn(monitor)
        ? series.take(monitor, metrics, clock.monotonicMs())
        : { taken: metrics, refused: 0, why: '' }
      const unsent = room.taken.length === 0 ? 0 : publishMetrics(monitor, time, room.taken)
      leftOut(monitor, room.refused, `samples of new series were refused: ${room.why}`)
      leftOut(monitor, unsent, 'metric samples that no message of the bus can hold were left out')
    },
    saw(changes) {
      for (const change of changes)
        if (change.kind === 'monitor' && change.value === undefined) series.forget(change.name)
    },
  }
}
