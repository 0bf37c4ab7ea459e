import { cleanText, type Problem } from '#model'
import { cleanCount, cleanEvidence, cleanMessage, SHOWN } from './clean.ts'
import { renderDetail } from './detail.ts'
import { renderTime } from './duration.ts'
import { levelOf } from './level.ts'
import type { ProblemView } from './types.ts'

/** @param condition id of its condition and the monitor it is listed under; undefined for a problem from events */
export function renderProblem(
  problem: Problem,
  condition: { readonly id: string; readonly monitor: string } | undefined,
  now: Date,
): ProblemView {
  const evidence = cleanEvidence(problem.evidence)
  const label = cleanText(problem.label, SHOWN.summary)
  const owner = cleanText(problem.owner, SHOWN.name)
  return {
    fingerprint: cleanText(problem.fingerprint, 512),
    generation: cleanCount(problem.generation),
    phase: problem.phase,
    revision: cleanCount(problem.revision),
    type: cleanText(problem.type, SHOWN.name),
    entity: cleanText(problem.entity, SHOWN.entity),
    level: levelOf(problem.phase === 'resolved' ? 'healthy' : 'problem', problem.severity),
    severity: problem.severity,
    worst: problem.worst,
    reason: cleanText(problem.reason, SHOWN.reason),
    message: cleanMessage(problem.message),
    summary: cleanText(problem.summary, SHOWN.summary) || label || cleanText(problem.type, SHOWN.name),
    label,
    opened: renderTime(problem.opened, now),
    changed: renderTime(problem.changed, now),
    ...(problem.resolved === undefined ? {} : { resolved: renderTime(problem.resolved, now) }),
    openMs: cleanCount(problem.openMs),
    ...(problem.proof === undefined ? {} : { proof: problem.proof }),
    proofText: cleanText(problem.proofText, SHOWN.detail),
    recovery: cleanText(problem.recovery, SHOWN.detail),
    ...(evidence === undefined ? {} : { evidence }),
    ...renderDetail(problem),
    monitor: condition?.monitor ?? owner,
    check: cleanText(problem.check, SHOWN.name),
    lastSeen: renderTime(problem.lastSeen, now),
    count: cleanCount(problem.count),
    unproven: problem.unproven,
    flapping: problem.flapping,
    condition: problem.fromEvent ? '' : (condition?.id ?? ''),
  }
}
