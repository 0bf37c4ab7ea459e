/**
 * When each check looked last, on the journal's time. The bus has times of the wall clock, which may be set: a look is as old as that clock
 * says when it is heard of, and no younger than the hearing of it; from there on the monotonic clock counts. So a clock that is set makes a
 * look older than it is, or as old as it is known, and never keeps one young of which nobody hears any more.
 */
import type { CheckRun, MonitorState, NodeCondition, Problem } from '#model'
import { LATE_LOOKS } from '../gates/outer.ts'
import type { Teller } from '../state/types.ts'

/** A look of a check. */
export interface Look {
  /** Journal time. */
  readonly atMs: number
  /** How often it looks; undefined: not by the clock. */
  readonly intervalMs: number | undefined
  /** It may have been made so long before it is heard of. Absent: it is heard of at once. */
  readonly lateMs?: number
}

/** Looks, as they are heard of. */
export interface Looks {
  heard(monitor: MonitorState): void
  gone(monitor: string): void
  /**
   * Of the check that tells of a problem; undefined: it is not known to have looked. What was said once, by an event, is as good as a look
   * for a while. Where the check tells no runs, or has left this problem out of its last ones, what it reports of it is its look at it: a run
   * stands for what its report names.
   * @param condition of the problem, where there is one
   */
  of(
    problem: Pick<Problem, 'check' | 'source' | 'lastSeen' | 'fromEvent'>,
    condition?: Pick<NodeCondition, 'type' | 'entity' | 'observed' | 'byLook' | 'sources' | 'health'>,
  ): Look | undefined
  /** Whether a monitor answers and, where the check tells when it looks, that is done; what it sees comes, then. */
  isWatching(teller: Teller): boolean
  /** Whether its check has looked since then, in journal time; of one that does not tell when it looks, whether it would have told by now. */
  hasLookedSince(teller: Teller, sinceMs: number): boolean
}

/** What is known of a monitor. */
interface Watching {
  readonly isAlive: boolean
  readonly runs: ReadonlyMap<string, Heard>
}

interface Heard {
  readonly startedAt: number
  readonly durationUs: number
  /** undefined: by the wall clock it has yet to come; that was set back, and how old it is nobody knows. */
  readonly look: Look | undefined
}

/** Whom nobody has heard of for longer is let go. */
const MONITORS_MAX = 256
/** The same of conditions that were reported without runs: more than problems that a plug-in may have open. */
const REPORTED_MAX = 4_096

/** A run may be heard of so much before it was over, by a clock that is pulled. */
const PULLED_MS = 2_000
/** An event is old when two of these have passed, as a look is. */
const SAID_MS = 600_000
/** A report of a check that tells no runs is old when two of these have passed, however seldom it says that it looks. */
const REPORTED_MS = 60_000
/** Such reports are told with their condition in steps of this, from their beginning (`#model`). */
const REPORT_STEP_MS = 15_000

/** Whether its check should have looked again by now, and more than once. */
export function isOld({ atMs, intervalMs }: Look, nowMs: number): boolean {
  return intervalMs !== undefined && nowMs - atMs > LATE_LOOKS * intervalMs
}

/** When a run was over, by the wall clock. */
function endOf({ started, durationUs }: CheckRun): number {
  return started.getTime() + durationUs / 1000
}

/** Looks that no run stands for: what is reported. */
function createReports(nowMs: () => number, wallMs: () => number) {
  const reported = new Map<string, { readonly observedAt: number; readonly atMs: number | undefined }>()

  /** Of what was reported, by when the report says that it looked; one that has yet to come says nothing, as a run's. */
  function reportedAt({ type, entity, observed }: Pick<NodeCondition, 'type' | 'entity' | 'observed'>, source: string) {
    const key = JSON.stringify([source, type, entity])
    const before = reported.get(key)
    if (before?.observedAt === observed.getTime()) return before.atMs
    const agoMs = wallMs() - observed.getTime()
    const atMs = agoMs < -PULLED_MS ? undefined : nowMs() - Math.max(0, agoMs)
    reported.delete(key)
    reported.set(key, { observedAt: observed.getTime(), atMs })
    const [oldest] = reported.keys()
    if (reported.size > REPORTED_MAX && oldest !== undefined) reported.delete(oldest)
    return atMs
  }

  return function reportOf(source: string, condition: Parameters<Looks['of']>[1]): Look | undefined {
    if (condition?.byLook !== true || condition.sources[0] !== source) return undefined
    const atMs = reportedAt(condition, source)
    return atMs === undefined ? undefined : { atMs, intervalMs: REPORTED_MS, lateMs: REPORT_STEP_MS }
  }
}

/** The look at what its check's runs leave out: as often as that looks, and told in steps. */
function leftOut(report: Look, { look }: Heard): Look {
  const { intervalMs } = look ?? {}
  return { ...report, intervalMs: intervalMs === undefined ? undefined : intervalMs + REPORT_STEP_MS }
}

/** @param nowMs journal time; @param wallMs the wall clock */
export function createLooks({ nowMs, wallMs }: { readonly nowMs: () => number; readonly wallMs: () => number }): Looks {
  const monitors = new Map<string, Watching>()
  const seen = new Map<string, { readonly lastSeen: number; readonly atMs: number | undefined }>()

  function heardOf(run: CheckRun, before: Heard | undefined): Heard {
    const startedAt = run.started.getTime()
    const intervalMs = run.intervalMs > 0 ? run.intervalMs : undefined
    if (before?.startedAt === startedAt && before.durationUs === run.durationUs)
      return { ...before, look: before.look && { ...before.look, intervalMs } }
    const agoMs = wallMs() - endOf(run)
    const look = agoMs < -PULLED_MS ? undefined : { atMs: nowMs() - Math.max(0, agoMs), intervalMs }
    return { startedAt, durationUs: run.durationUs, look }
  }

  /** Of what was said by an event: as often as it was said. */
  function saidAt(key: string, lastSeen: Date): number | undefined {
    const before = seen.get(key)
    if (before?.lastSeen === lastSeen.getTime()) return before.atMs
    const agoMs = wallMs() - lastSeen.getTime()
    // By the wall clock it has yet to come: that was set back, and how old it is nobody knows.
    const atMs = agoMs < -PULLED_MS ? undefined : nowMs() - Math.max(0, agoMs)
    seen.delete(key)
    seen.set(key, { lastSeen: lastSeen.getTime(), atMs })
    const [oldest] = seen.keys()
    if (seen.size > MONITORS_MAX && oldest !== undefined) seen.delete(oldest)
    return atMs
  }

  const reportOf = createReports(nowMs, wallMs)

  return {
    heard({ name, health, runs }) {
      const before = monitors.get(name)?.runs
      monitors.delete(name)
      const heard = new Map(runs.map((run) => [run.check, heardOf(run, before?.get(run.check))]))
      monitors.set(name, { isAlive: health === 'alive', runs: heard })
      const [oldest] = monitors.keys()
      if (monitors.size > MONITORS_MAX && oldest !== undefined) monitors.delete(oldest)
    },
    gone: (monitor) => void monitors.delete(monitor),
    of({ check, source, lastSeen, fromEvent }, condition) {
      if (!fromEvent) {
        const run = monitors.get(source)?.runs.get(check)
        const report = run === undefined || condition?.health === 'problem' ? reportOf(source, condition) : undefined
        return run === undefined || report === undefined ? (report ?? run?.look) : leftOut(report, run)
      }
      const atMs = saidAt(JSON.stringify([source, check, lastSeen.getTime()]), lastSeen)
      return atMs === undefined ? undefined : { atMs, intervalMs: SAID_MS }
    },
    isWatching({ monitor, check }) {
      const known = monitors.get(monitor)
      if (known?.isAlive !== true) return false
      const run = known.runs.get(check)
      if (run === undefined) return true
      const { look } = run
      return look !== undefined && !isOld(look, nowMs())
    },
    hasLookedSince({ monitor, check }, sinceMs) {
      const run = monitors.get(monitor)?.runs.get(check)
      if (run === undefined) return nowMs() - sinceMs >= REPORTED_MS
      return run.look !== undefined && run.look.atMs > sinceMs
    },
  }
}
