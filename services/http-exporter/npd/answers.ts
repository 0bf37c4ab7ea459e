/** What node-problem-detector's ports answer. Pure: from what is known. */
import type { NpdSpeaker, NpdTold } from '#config'
import type { DetectorState, MonitorState, NodeCondition } from '#model'
import { renderDuration } from '#view'
import type { Answer } from '../http/answer.ts'
import type { NpdFamily } from './series.ts'
import { goJson, goTime, NPD_METRICS_TYPE, renderNpdMetrics } from './text.ts'

const TEXT = 'text/plain; charset=utf-8'

/** Who is asked whether it is stuck. */
export interface Working {
  readonly detector: DetectorState
  readonly monitors: Iterable<MonitorState>
  readonly files: readonly NpdSpeaker[]
  readonly now: Date
}

/** A run that is so many of its intervals late, and so long, does not come any more by itself. */
const LATE_INTERVALS = 3
const LATE_MS = 30_000

function lateRunOf({ runs }: MonitorState, checks: ReadonlySet<string>, now: Date): string | undefined {
  for (const { check, next, intervalMs } of runs) {
    if (!checks.has(check) || next === undefined) continue
    const lateMs = now.getTime() - next.getTime()
    if (lateMs > LATE_INTERVALS * intervalMs + LATE_MS) return `${check} is ${renderDuration(lateMs)} late`
  }
  return undefined
}

/** Why something stands still: the detector, or who reads for a file; undefined where nothing does. */
export function stuckWords({ detector, monitors, files, now }: Working): string | undefined {
  if (detector === 'stale') return 'the detector is silent'
  const checksOf = Map.groupBy(files, ({ monitor }) => monitor)
  for (const monitor of monitors) {
    const checks = checksOf.get(monitor.name)
    if (checks === undefined) continue
    if (monitor.health === 'unreachable') return `monitor ${monitor.name} does not answer`
    const late = lateRunOf(monitor, new Set(checks.map(({ check }) => check)), now)
    if (late !== undefined) return late
  }
  return undefined
}

/** `/healthz`. */
export function answerHealthz(working: Working): Answer {
  const stuck = stuckWords(working)
  return stuck === undefined ? { status: 200, type: TEXT, body: 'ok' } : { status: 503, type: TEXT, body: `${stuck}\n` }
}

/** `/conditions`: `null` where there is none. */
export function answerConditions(conditions: Iterable<NodeCondition>, { types }: Pick<NpdTold, 'types'>): Answer {
  const ofFiles = new Set(types)
  const told = [...conditions]
    .filter(({ type }) => ofFiles.has(type))
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map(({ type, status, statusSince, reason, message }) => ({
      type,
      status,
      transition: goTime(statusSince),
      reason,
      message,
    }))
  return { status: 200, type: 'application/json', body: goJson(told.length === 0 ? null : told) }
}

/** `/metrics`. */
export function answerMetrics(families: readonly NpdFamily[]): Answer {
  return { status: 200, type: NPD_METRICS_TYPE, body: renderNpdMetrics(families) }
}
