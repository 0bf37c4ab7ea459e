/**
 * Looks of a streaming monitor that were asked for. Ours say of each observation whether it is of one; who is built after the protocol
 * alone may not, and what it tells while it is asked then counts as asked for, unless it is time for a turn of its check: so no row of
 * looks is met by asking, and none is kept from being met by it.
 */
import type { Clock } from '#clock'
import type { CheckRun, Observation, Report } from '#model'

/** A turn comes no earlier after the one before than this share of the interval; ours are up to a twentieth early. */
const TURN_SHARE = 0.9
/** What a look found may be told so much later than it was answered. */
const LATE_MS = 5_000

/** Of one monitor. */
export interface AskedLooks {
  /** A look of this check is asked for; "": of all. Returns what is called once it is answered, in whatever way. */
  began(check: string): () => void
  /** The report with what is of such a look marked so. */
  marked(report: Report): Report
}

/** The last turn of a check. */
interface Turn {
  readonly atMs: number
  readonly observedMs: number | undefined
}

export interface AskedLooksOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** How the monitor's checks ran last. */
  readonly runs: () => readonly Pick<CheckRun, 'check' | 'intervalMs'>[]
}

/** Nothing was asked for. */
export function createAskedLooks({ clock, runs }: AskedLooksOptions): AskedLooks {
  /** How many calls are under way, and until when what comes may be of the last that was answered. */
  const asked = new Map<string, { calls: number; untilMs: number }>()
  const turns = new Map<string, Turn>()

  function isAsked(check: string, nowMs: number): boolean {
    return ['', check].some((name) => {
      const one = asked.get(name)
      return one !== undefined && (one.calls > 0 || nowMs < one.untilMs)
    })
  }

  function intervalOf(check: string, report: Report): number {
    const known = [...report.runs, ...runs()].find((run) => run.check === check && run.intervalMs > 0)
    return known?.intervalMs ?? Number.POSITIVE_INFINITY
  }

  function isTurn({ check, observed }: Observation, report: Report, nowMs: number): boolean {
    const before = turns.get(check)
    const observedMs = observed?.getTime()
    if (before === undefined || (observedMs !== undefined && observedMs === before.observedMs)) return true
    return nowMs - before.atMs >= TURN_SHARE * intervalOf(check, report)
  }

  return {
    began(check) {
      const one = asked.get(check) ?? { calls: 0, untilMs: 0 }
      asked.set(check, one)
      one.calls++
      return () => {
        one.calls--
        one.untilMs = clock.monotonicMs() + LATE_MS
      }
    },
    marked(report) {
      const nowMs = clock.monotonicMs()
      const seen = new Map<string, Turn>()
      const observations = report.observations.map((one): Observation => {
        const { check, observed, asked: isMarked } = one
        if (isMarked) return one
        if (isAsked(check, nowMs) && !isTurn(one, report, nowMs)) return { ...one, asked: true }
        seen.set(check, { atMs: nowMs, observedMs: observed?.getTime() })
        return one
      })
      for (const [check, turn] of seen) turns.set(check, turn)
      return { ...report, observations }
    },
  }
}
