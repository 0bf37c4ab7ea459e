/** How bad something is, as one word, and the order that follows from it. */
import { compareSeverity, type Health, type MonitorHealth, type Severity } from '#model'
import type { ConditionView, Level, MonitorView, ProblemView } from './types.ts'

const rank = {
  healthy: 0,
  info: 1,
  stale: 2,
  unknown: 3,
  warning: 4,
  error: 5,
  critical: 6,
} as const satisfies Record<Level, number>

const monitorLevels = {
  alive: 'healthy',
  awaited: 'unknown',
  unreachable: 'error',
} as const satisfies Record<MonitorHealth, Level>

/** A problem's level is its severity; the others are their own. */
export function levelOf(health: Health, severity: Severity): Level {
  return health === 'problem' ? severity : health
}

export function monitorLevelOf(health: MonitorHealth): Level {
  return monitorLevels[health]
}

/** Positive when `a` is worse than `b`: problems by severity, then unknown, then healthy. */
export function compareLevel(a: Level, b: Level): number {
  return rank[a] - rank[b]
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The order of conditions: worst first, then by id. A total order: two readers show the same. */
export function compareConditions(a: ConditionView, b: ConditionView): number {
  return compareLevel(b.level, a.level) || compareText(a.id, b.id)
}

/** The order of open problems: worst first, then the one that has lasted longest. */
export function compareProblems(a: ProblemView, b: ProblemView): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    compareText(a.opened, b.opened) ||
    compareText(a.fingerprint, b.fingerprint)
  )
}

/** The order of resolved problems: the last one first. */
export function compareResolved(a: ProblemView, b: ProblemView): number {
  return compareText(b.resolved ?? '', a.resolved ?? '') || compareText(a.fingerprint, b.fingerprint)
}

/** The order of monitors: what does not answer first, then by name. */
export function compareMonitors(a: MonitorView, b: MonitorView): number {
  return compareLevel(b.level, a.level) || compareText(a.name, b.name)
}
