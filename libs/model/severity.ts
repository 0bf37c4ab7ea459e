import type { ConditionStatus, Health, Polarity, Severity } from './types.ts'

/** Every severity, the least first. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const satisfies readonly Severity[]

const severityRank = { info: 0, warning: 1, error: 2, critical: 3 } as const satisfies Record<Severity, number>
const healthRank = { healthy: 0, unknown: 1, problem: 2 } as const satisfies Record<Health, number>

/** The order of severities: positive when `a` is worse than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severityRank[a] - severityRank[b]
}

/** The order of healths: positive when `a` is worse than `b`: problem before unknown before healthy. */
export function compareHealth(a: Health, b: Health): number {
  return healthRank[a] - healthRank[b]
}

/** The worse of two severities. */
export function worseSeverity(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) >= 0 ? a : b
}

/** The status that says this health under this polarity. */
export function statusOf(health: Health, polarity: Polarity): ConditionStatus {
  if (health === 'unknown') return 'Unknown'
  return (health === 'problem') === (polarity === 'true-is-problem') ? 'True' : 'False'
}

/** The health that a status says under this polarity. */
export function healthOf(status: ConditionStatus, polarity: Polarity): Health {
  if (status === 'Unknown') return 'unknown'
  return (status === 'True') === (polarity === 'true-is-problem') ? 'problem' : 'healthy'
}
