/** The history of repairs as the Go Node Doctor answers it, with what is ours beside each entry. Pure. */
import { cleanText } from '#model'
import { cleanMessage, SHOWN } from './clean.ts'
import { renderTime } from './duration.ts'
import type { AttemptView, RepairState } from './repair-types.ts'
import { renderAttempt, stateOfAttempt } from './repair-view.ts'
import type { RepairAttempt, RepairFacts, RepairRefusal } from './repairs.ts'

/** An entry. The first seven members are those of the Go Node Doctor. */
export interface HistoryEntry {
  readonly remediatorType: string
  readonly problem: {
    readonly Type: string
    readonly Resource: string
    readonly Severity: string
    readonly Message: string
    readonly DetectedAt: string
    readonly Metadata: Readonly<Record<string, string>>
  }
  readonly startTime: string
  readonly endTime: string
  /** "1.5s". */
  readonly duration: string
  readonly success: boolean
  /** Why not; absent where it succeeded. */
  readonly error?: string
  readonly state: RepairState
  readonly fingerprint: string
  readonly generation: number
  /** Absent for one that was refused. */
  readonly attempt?: AttemptView
  readonly refused?: { readonly gate: string; readonly reason: string; readonly until?: string; readonly mode: string }
}

/** As Go writes it, for lengths below an hour: "1.5s", "250ms". */
function goSeconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${Math.round(ms) / 1000}s`
}

function problemOf({ problem, act }: RepairAttempt | RepairRefusal, now: Date): HistoryEntry['problem'] {
  const metadata = { source: problem.monitor, check: problem.check, reason: problem.reason, target: act.target }
  return {
    Type: cleanText(problem.type, SHOWN.name),
    Resource: cleanText(problem.entity, SHOWN.entity),
    Severity: problem.severity,
    Message: cleanMessage(problem.message),
    DetectedAt: renderTime(problem.opening.opened, now),
    Metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, cleanText(value, SHOWN.entity)])),
  }
}

function openingOf({ problem: { opening } }: RepairAttempt | RepairRefusal) {
  return { fingerprint: cleanText(opening.fingerprint, 512), generation: opening.generation }
}

function errorOf(state: RepairState, attempt: AttemptView): string | undefined {
  if (state === 'failed')
    return (attempt.outcome === 'succeeded' ? attempt.verdictText : attempt.message) || 'it failed'
  if (state === 'running' || state === 'verifying') return 'it is not settled yet'
  if (state === 'not-observed') return attempt.verdictText || 'nobody has seen what came of it'
  if (state === 'declined') return attempt.message || 'nothing was done'
  if (state === 'would')
    return attempt.outcome === undefined || attempt.outcome === 'succeeded'
      ? 'dry run: it was told and not done'
      : `dry run: it would not be done: ${attempt.message}`
  return undefined
}

function attemptEntry(attempt: RepairAttempt, now: Date): HistoryEntry {
  const view = renderAttempt(attempt, now)
  const state = stateOfAttempt(attempt)
  const error = errorOf(state, view)
  return {
    remediatorType: view.strategy,
    problem: problemOf(attempt, now),
    startTime: view.started,
    endTime: view.ended ?? '',
    duration: view.durationMs === undefined ? '' : goSeconds(view.durationMs),
    success: state === 'repaired',
    ...(error === undefined ? {} : { error }),
    state,
    ...openingOf(attempt),
    attempt: view,
  }
}

function refusalEntry(refusal: RepairRefusal, now: Date): HistoryEntry {
  const at = renderTime(refusal.at, now)
  const gate = cleanText(refusal.gate, SHOWN.name)
  const reason = cleanText(refusal.reason, SHOWN.detail)
  return {
    remediatorType: cleanText(refusal.act.strategy, SHOWN.name),
    problem: problemOf(refusal, now),
    startTime: at,
    endTime: at,
    duration: '0s',
    success: false,
    error: `${gate}: ${reason}`,
    state: 'held-back',
    ...openingOf(refusal),
    refused: {
      gate,
      reason,
      mode: refusal.mode,
      ...(refusal.until === undefined ? {} : { until: renderTime(refusal.until, now) }),
    },
  }
}

/** Of one problem and gate the last refusal, of all of them half of `limit` at most: they push no attempt out. */
function lastRefusals(refusals: readonly RepairRefusal[], limit: number): readonly RepairRefusal[] {
  const last = new Map<string, RepairRefusal>()
  for (const refusal of refusals) {
    const key = JSON.stringify([refusal.problem.opening.fingerprint, refusal.gate])
    last.delete(key)
    last.set(key, refusal)
  }
  return [...last.values()].slice(-Math.max(1, Math.floor(limit / 2)))
}

/** What was done and refused, the last first, at most `limit`. */
export function renderRepairHistory({ attempts, refusals }: RepairFacts, limit: number, now: Date): HistoryEntry[] {
  const all = [
    ...[...attempts.values()].map((attempt) => ({ at: attempt.started, entry: () => attemptEntry(attempt, now) })),
    ...lastRefusals(refusals, limit).map((refusal) => ({ at: refusal.at, entry: () => refusalEntry(refusal, now) })),
  ]
  const sorted = all.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  return sorted.slice(0, limit).map(({ entry }) => entry())
}
