/** Facts of a node for the page's scenes, short to write: what is usual is filled in. Times are seconds before now. */
import {
  type CheckRun,
  conditionKey,
  DETECTOR,
  detailOf,
  type Evidence,
  entityName,
  fingerprintOf,
  type MonitorState,
  type NodeCondition,
  type Problem,
  type Severity,
} from '#model'

/** "Now" of the scenes when they begin: 12 May 2026, 03:14:20 UTC. */
export const NOW = new Date('2026-05-12T03:14:20.000Z')

export function ago(seconds: number, now: Date = NOW): Date {
  return new Date(now.getTime() - seconds * 1000)
}

const HOUR = 3600
/** How long the node of most scenes is up. */
export const UP_SECONDS = 5 * HOUR + 15 * 60 + 15

/** [type, entity, message, reason], since and proven in seconds before now. */
export function healthy(
  monitor: string,
  [type, entity, message, reason]: readonly [string, string, string, string],
  since = UP_SECONDS,
  proven = 8,
): NodeCondition {
  return {
    type,
    entity,
    status: 'False',
    health: 'healthy',
    severity: 'info',
    reason,
    message,
    summary: '',
    since: ago(since),
    statusSince: ago(since),
    observed: ago(proven),
    sources: [monitor],
    check: type,
    polarity: 'true-is-problem',
    label: entity === '' ? type : `${entityName(entity)} ${type}`,
    recovery: '',
    held: '',
  }
}

/** The same condition while it is a problem. */
export function sick(condition: NodeCondition, severity: Severity, changes: Partial<NodeCondition>): NodeCondition {
  return {
    ...condition,
    status: 'True',
    health: 'problem',
    severity,
    recovery: '2 checks in a row find it well',
    ...changes,
  }
}

/** The same condition while nobody can say. */
export function unknown(condition: NodeCondition, changes: Partial<NodeCondition>): NodeCondition {
  return { ...condition, status: 'Unknown', health: 'unknown', ...changes }
}

/** The problem that a condition in trouble stands for. */
export function problemOf(condition: NodeCondition, changes: Partial<Problem> = {}): Problem {
  const [owner = ''] = condition.sources
  return {
    fingerprint: fingerprintOf(owner, condition.type, condition.entity),
    generation: 1,
    phase: 'opened',
    revision: 1,
    owner,
    source: owner,
    type: condition.type,
    entity: condition.entity,
    severity: condition.severity,
    worst: condition.severity,
    reason: condition.reason,
    message: condition.message,
    summary: condition.summary,
    label: condition.label,
    recovery: condition.recovery,
    evidence: condition.evidence,
    opened: condition.since,
    changed: condition.since,
    resolved: undefined,
    proof: undefined,
    proofText: '',
    check: condition.check,
    fromEvent: false,
    lastSeen: condition.observed,
    count: 1,
    unproven: false,
    flapping: false,
    absentMs: 0,
    lastSeenMonoMs: 0,
    openedMonoMs: 0,
    openMs: 0,
    ...detailOf(condition),
    ...changes,
  }
}

/** A problem that is over: how long it lasted, when it ended, what proved it. */
export function resolved(problem: Problem, lastedSeconds: number, endedAgo: number, proofText: string): Problem {
  return {
    ...problem,
    phase: 'resolved',
    opened: ago(endedAgo + lastedSeconds),
    changed: ago(endedAgo),
    resolved: ago(endedAgo),
    openMs: lastedSeconds * 1000,
    proof: 'healthy-checks',
    proofText,
  }
}

export function evidence(changes: Partial<Evidence>): Evidence {
  return { value: 0, unit: '', lowIsBad: false, label: '', detail: '', metric: '', ...changes }
}

/** [check, type, every, seconds since it ran, took in milliseconds]. */
export function run(
  [check, checkType, everySeconds, sinceSeconds, tookMs]: readonly [string, string, number, number, number],
  error = '',
): CheckRun {
  return {
    check,
    checkType,
    started: ago(sinceSeconds),
    durationUs: tookMs * 1000,
    error,
    next: ago(sinceSeconds - everySeconds),
    intervalMs: everySeconds * 1000,
  }
}

export function monitor(name: string, description: string, changes: Partial<MonitorState> = {}): MonitorState {
  return {
    name,
    health: 'alive',
    since: ago(UP_SECONDS - 1),
    version: '0.1.0',
    description,
    protocol: 'nodedoctor.v1',
    origin: 'built-in',
    socket: `/run/node-doctor/monitors/${name}/${name}.sock`,
    lastReport: ago(2),
    lastError: '',
    lastErrorAt: undefined,
    incarnation: 1,
    acknowledged: 100,
    restarts: 0,
    runs: [],
    conditionTypes: [],
    violations: 0,
    reports: 100,
    lastViolations: [],
    metrics: [],
    ...changes,
  }
}

/** What the detector says of a monitor. */
export function monitorCondition(name: string, since: number): NodeCondition {
  return {
    ...healthy(DETECTOR, ['MonitorUnreachable', `monitor:${name}`, 'the monitor answers', 'MonitorAnswers'], since, 2),
    label: `${name} unreachable`,
    check: '',
    recovery: 'the monitor answers again',
  }
}

/** By their keys, as buckets hold them. */
export function byKey(conditions: readonly NodeCondition[]): Map<string, NodeCondition> {
  return new Map(conditions.map((condition) => [conditionKey(condition.type, condition.entity), condition]))
}
