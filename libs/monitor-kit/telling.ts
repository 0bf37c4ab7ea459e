/** What the runs of a monitor's checks come to: kept, numbered, told to whoever listens. */
import { conditionKey, type Observation, type Report } from '#model'
import { readTold } from '#service'
import type { MonitorContext } from './check-parts.ts'
import type { CommonTypes } from './common-types.ts'
import { partsOf, type RunReport } from './findings.ts'
import type { ReportOutbox } from './outbox.ts'
import type { Runner } from './run-check.ts'

/** At most this often a run also tells what this service counts. */
const OWN_EVERY_MS = 10_000

/** Who listens to a monitor. */
export interface Listeners {
  /** Somebody watches. */
  readonly isWatched: boolean
  /**
   * There is a new report.
   * @param isHeld a cursor stands behind it
   */
  tell(report: Report, isHeld: boolean): void
}

/** Tells what was seen. */
export interface Telling {
  /**
   * Keeps and tells what was seen.
   * @param isHeld a cursor stands behind it
   * @param check the configured name of who says it; "" for what no check says
   * @returns all of it as one report, with the number of its last part
   */
  send(run: RunReport, isHeld: boolean, check: string): Report
  /** Sends it with what this service counts and what its process costs, where that is due. */
  tell(run: RunReport): Promise<Report>
}

/** Says once that a check cannot look, and once that it can again. */
function createFailureLog({ log }: Pick<MonitorContext, 'log'>) {
  const failing = new Set<string>()
  return ({ runs }: RunReport) => {
    for (const { check, error } of runs) {
      if (error !== '' && !failing.has(check)) log.warn('check cannot look', { monitor: check, reason: error })
      if (error === '' && failing.has(check)) log.info('check can look again', { monitor: check })
      if (error === '') failing.delete(check)
      else failing.add(check)
    }
  }
}

/** The last word on each condition: of a type that several checks say each report has what all of them said until then. */
function lastWords(reports: readonly Report[]): readonly Observation[] {
  const words = new Map<string, Observation>()
  for (const { observations } of reports)
    for (const one of observations) words.set(conditionKey(one.type, one.entity), one)
  return [...words.values()]
}

/** Reports of several parts or checks as one, in the order in which they were told; undefined for none. */
export function together(all: readonly Report[]): Report | undefined {
  const reports = all.toSorted((a, b) => a.sequence - b.sequence)
  const last = reports.at(-1)
  return (
    last && {
      ...last,
      observations: lastWords(reports),
      events: reports.flatMap(({ events }) => events),
      metrics: reports.flatMap(({ metrics }) => metrics),
      runs: reports.flatMap(({ runs }) => runs),
      withdrawn: reports.flatMap(({ withdrawn }) => withdrawn),
      complete: reports.flatMap(({ complete }) => complete),
    }
  )
}

/** @param listeners asked at each report @param common what several checks say of one condition */
export function createTelling(
  { clock, log, metrics }: Pick<MonitorContext, 'clock' | 'log' | 'metrics'>,
  outbox: ReportOutbox,
  listeners: () => Listeners,
  common: Pick<CommonTypes, 'told'>,
): Telling {
  const noteFailures = createFailureLog({ log })
  let ownToldMs = Number.NEGATIVE_INFINITY

  async function withOwn(run: RunReport): Promise<RunReport> {
    const nowMs = clock.monotonicMs()
    if (!listeners().isWatched || nowMs - ownToldMs < OWN_EVERY_MS) return run
    ownToldMs = nowMs
    const { samples } = await readTold(metrics)
    return { ...run, metrics: [...run.metrics, ...samples] }
  }

  function send(run: RunReport, isHeld: boolean, check: string): Report {
    noteFailures(run)
    const time = clock.now()
    const reports = partsOf(common.told(run)).map((part) => {
      const report = outbox.add({ ...part, time }, isHeld, check)
      listeners().tell(report, isHeld)
      return report
    })
    return together(reports) ?? { ...run, time, incarnation: outbox.incarnation, sequence: outbox.sequence }
  }

  return { send, tell: async (run) => send(await withOwn(run), false, run.runs[0]?.check ?? '') }
}

/** Every condition that is known and all that was measured last, for one who knows nothing. Not kept: it can be made again. */
export function presentReports(
  runners: readonly Runner[],
  common: Pick<CommonTypes, 'observations'>,
  outbox: ReportOutbox,
  time: Date,
): Report[] {
  const observations = common.observations()
  const complete = runners.filter(({ isWhole }) => isWhole).map(({ instance }) => instance.name)
  const metrics = runners.flatMap(({ samples }) => samples)
  if (observations.length === 0 && complete.length === 0 && metrics.length === 0) return []
  const whole = { observations, events: [], metrics, runs: [], withdrawn: [], complete }
  return partsOf(whole).map((part) => outbox.number({ ...part, time }))
}
