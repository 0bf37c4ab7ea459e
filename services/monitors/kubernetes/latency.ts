/** How long others take to answer, held against limits. Pure. */
import type { Finding } from '#monitor-kit'
import {
  duration,
  extendStreak,
  judgedFinding,
  judgeStreak,
  type Limits,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Streak,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { isJudged, type Sample } from '#probe'

/** One answer, and how long it took. */
export interface Timed {
  /** "ListContainers" */
  readonly what: string
  readonly sample: Sample
}

/** What is kept from one look to the next. */
export interface LatencyMemory {
  readonly streak: Streak
  /** Looks in a row in which this process itself was late. */
  readonly late: number
}

/** Before the first look, and after a person's word. */
export const NO_LATENCY: LatencyMemory = { streak: NO_STREAK, late: 0 }

const LATE_ROUNDS = 3

/** What is judged, and how. */
export interface LatencyOptions {
  readonly type: string
  readonly entity?: string
  readonly healthyReason: string
  /** Who takes so long, at the beginning of a headline: "the container runtime". */
  readonly who: string
  /** In milliseconds. */
  readonly limits: Limits
  /** Checks in a row over a limit before that counts. */
  readonly needed: number
  /** Key of the metric that has the number; "" without one. */
  readonly metric?: string
}

function slowestOf(timed: readonly Timed[]): Timed | undefined {
  return timed.reduce<Timed | undefined>(
    (worst, one) => (worst && worst.sample.ms >= one.sample.ms ? worst : one),
    undefined,
  )
}

function lateOne(
  { what, sample }: Timed,
  before: LatencyMemory,
  { type, entity = '' }: LatencyOptions,
): { readonly memory: LatencyMemory; readonly finding: Finding } {
  const late = before.late + 1
  const reason = 'ProberLate'
  const message = `${what} took ${duration(sample.ms)}, and for ${duration(sample.lateMs)} of that this process itself was late: nobody is judged by that`
  const finding: Finding =
    late < LATE_ROUNDS
      ? { type, entity, health: 'healthy', pending: true, reason, message }
      : unknownFinding(type, { ok: false, reason, message }, entity)
  return { memory: { ...before, late }, finding }
}

/** Judges the slowest of several answers; those that this process itself was late for are held against nobody. */
export function judgeLatency(
  timed: readonly Timed[],
  before: LatencyMemory,
  options: LatencyOptions,
): { readonly memory: LatencyMemory; readonly finding: Finding } {
  const { type, entity = '', healthyReason, who, limits, needed, metric = '' } = options
  const judged = timed.filter(({ sample }) => isJudged(sample, limits.warning))
  const slowest = slowestOf(judged)
  const unjudged = slowestOf(timed.filter((one) => !judged.includes(one)))
  if (unjudged !== undefined && (slowest === undefined || slowest.sample.ms < limits.warning))
    return lateOne(unjudged, before, options)
  if (slowest === undefined) {
    const why = {
      ok: false,
      reason: 'NotAnswered',
      message: `${who} has answered nothing that could be measured`,
    } as const
    return { memory: NO_LATENCY, finding: unknownFinding(type, why, entity) }
  }
  const value = Math.round(slowest.sample.ms)
  const level = levelOf(value, limits)
  const streak = extendStreak(before.streak, level)
  const verdict = judgeStreak(streak, needed)
  const limit = namedLimit(verdict, limits, level)
  const message = `${slowest.what} took ${value} ms, limit ${limit} ms${lasting(verdict, streak, needed)}`
  const evidence = {
    ...{ value, unit: 'ms', warning: limits.warning, critical: limits.critical, lowIsBad: false },
    ...{ label: slowest.what, detail: '', metric },
  }
  const summary = `${who} is slow: ${slowest.what} took ${value} ms`
  return {
    memory: { streak, late: 0 },
    finding: judgedFinding({ type, entity, verdict, healthyReason, message, summary, evidence }),
  }
}
