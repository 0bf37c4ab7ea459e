/** From a verdict to what the check reports. */
import { type Evidence, NOT_SUSTAINED } from '#model'
import type { Finding } from '../types.ts'
import type { Verdict } from './verdict.ts'

/** A value with its verdict, and the words for each outcome. */
export interface Judged {
  readonly type: string
  readonly entity?: string
  readonly verdict: Verdict
  /** Reason while healthy; over a limit it is AboveWarningLimit or AboveCriticalLimit. */
  readonly healthyReason: string
  readonly warningReason?: string
  readonly criticalReason?: string
  readonly message: string
  /** Headline while it is a problem. */
  readonly summary: string
  readonly evidence?: Evidence
}

/** The finding of a value that was held against its limits; pending is healthy with the reason NotSustainedYet. */
export function judgedFinding(judged: Judged): Finding {
  const { type, entity = '', verdict, message, summary } = judged
  const evidence = judged.evidence === undefined ? {} : { evidence: judged.evidence }
  if (verdict === 'healthy') {
    return { type, entity, health: 'healthy', reason: judged.healthyReason, message, ...evidence }
  }
  if (verdict === 'pending') {
    return { type, entity, health: 'healthy', pending: true, reason: NOT_SUSTAINED, message, ...evidence }
  }
  const critical = verdict === 'critical'
  const reason = critical
    ? (judged.criticalReason ?? 'AboveCriticalLimit')
    : (judged.warningReason ?? 'AboveWarningLimit')
  const severity = critical ? 'critical' : 'warning'
  return { type, entity, health: 'problem', severity, reason, message, summary, ...evidence }
}
