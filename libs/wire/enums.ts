/**
 * Words of the model ↔ numbers of the protocol. A number this reader does not know, or "unspecified", becomes the
 * cautious word: unknown health, Unknown status, info severity.
 */
import type {
  ConditionStatus,
  ConnectionState,
  Health,
  MonitorHealth,
  Polarity,
  ProblemPhase,
  RecoveryRule,
  Severity,
} from '#model'
import * as pb from '#proto/nodedoctor/v1/types.ts'

type Word = string
type Table<W extends Word, N extends number> = Readonly<Record<W, N>>

function reverse<W extends Word>(table: Table<W, number>): ReadonlyMap<number, W> {
  return new Map((Object.keys(table) as W[]).map((word) => [table[word], word]))
}

const healthNumbers = {
  healthy: pb.Health.HEALTHY,
  problem: pb.Health.PROBLEM,
  unknown: pb.Health.UNKNOWN,
} as const satisfies Table<Health, pb.Health>
const healthWords = reverse<Health>(healthNumbers)

/** Writes a health. */
export function toProtoHealth(health: Health): pb.Health {
  return healthNumbers[health]
}
/** Reads a health. */
export function fromProtoHealth(value: pb.Health): Health {
  return healthWords.get(value) ?? 'unknown'
}

const severityNumbers = {
  info: pb.Severity.INFO,
  warning: pb.Severity.WARNING,
  error: pb.Severity.ERROR,
  critical: pb.Severity.CRITICAL,
} as const satisfies Table<Severity, pb.Severity>
const severityWords = reverse<Severity>(severityNumbers)

/** Writes a severity. */
export function toProtoSeverity(severity: Severity): pb.Severity {
  return severityNumbers[severity]
}
/** Reads a severity. */
export function fromProtoSeverity(value: pb.Severity): Severity {
  return severityWords.get(value) ?? 'info'
}

const statusNumbers = {
  True: pb.ConditionStatus.TRUE,
  False: pb.ConditionStatus.FALSE,
  Unknown: pb.ConditionStatus.UNKNOWN,
} as const satisfies Table<ConditionStatus, pb.ConditionStatus>
const statusWords = reverse<ConditionStatus>(statusNumbers)

/** Writes a status. */
export function toProtoStatus(status: ConditionStatus): pb.ConditionStatus {
  return statusNumbers[status]
}
/** Reads a status. */
export function fromProtoStatus(value: pb.ConditionStatus): ConditionStatus {
  return statusWords.get(value) ?? 'Unknown'
}

/** Writes a polarity. */
export function toProtoPolarity(polarity: Polarity): pb.Polarity {
  return polarity === 'true-is-healthy' ? pb.Polarity.TRUE_IS_HEALTHY : pb.Polarity.TRUE_IS_PROBLEM
}
/** Reads a polarity. */
export function fromProtoPolarity(value: pb.Polarity): Polarity {
  return value === pb.Polarity.TRUE_IS_HEALTHY ? 'true-is-healthy' : 'true-is-problem'
}

const phaseNumbers = {
  opened: pb.ProblemPhase.OPENED,
  changed: pb.ProblemPhase.CHANGED,
  resolved: pb.ProblemPhase.RESOLVED,
} as const satisfies Table<ProblemPhase, pb.ProblemPhase>
const phaseWords = reverse<ProblemPhase>(phaseNumbers)

/** Writes the phase of a problem. */
export function toProtoPhase(phase: ProblemPhase): pb.ProblemPhase {
  return phaseNumbers[phase]
}
/** An unknown phase reads as changed: the problem is there, and nothing says that it ended. */
export function fromProtoPhase(value: pb.ProblemPhase): ProblemPhase {
  return phaseWords.get(value) ?? 'changed'
}

const monitorHealthNumbers = {
  awaited: pb.MonitorHealth.AWAITED,
  alive: pb.MonitorHealth.ALIVE,
  unreachable: pb.MonitorHealth.UNREACHABLE,
} as const satisfies Table<MonitorHealth, pb.MonitorHealth>
const monitorHealthWords = reverse<MonitorHealth>(monitorHealthNumbers)

/** Writes the health of a monitor. */
export function toProtoMonitorHealth(health: MonitorHealth): pb.MonitorHealth {
  return monitorHealthNumbers[health]
}
/** Reads the health of a monitor. */
export function fromProtoMonitorHealth(value: pb.MonitorHealth): MonitorHealth {
  return monitorHealthWords.get(value) ?? 'awaited'
}

const connectionNumbers = {
  awaited: pb.ConnectionState.AWAITED,
  connecting: pb.ConnectionState.CONNECTING,
  serving: pb.ConnectionState.SERVING,
  failing: pb.ConnectionState.FAILING,
  paused: pb.ConnectionState.PAUSED,
  lost: pb.ConnectionState.LOST,
} as const satisfies Table<ConnectionState, pb.ConnectionState>
const connectionWords = reverse<ConnectionState>(connectionNumbers)

/** Writes how a connection stands. */
export function toProtoConnectionState(state: ConnectionState): pb.ConnectionState {
  return connectionNumbers[state]
}
/** Reads how a connection stands. */
export function fromProtoConnectionState(value: pb.ConnectionState): ConnectionState {
  return connectionWords.get(value) ?? 'awaited'
}

/** Writes a rule of recovery. */
function toProtoRecovery(rule: RecoveryRule): pb.RecoveryRule {
  switch (rule.kind) {
    case 'healthy-checks':
      return { rule: { $case: 'healthyChecks', value: rule.count } }
    case 'absent':
      return { rule: { $case: 'absentMs', value: rule.forMs } }
    case 'reboot':
      return { rule: { $case: 'reboot', value: true } }
    case 'operator':
      return { rule: { $case: 'operator', value: true } }
  }
}

/** Reads a rule of recovery, within what is sensible. Undefined where none was told, or one of a later version. */
function fromProtoRecovery(message: pb.RecoveryRule | undefined): RecoveryRule | undefined {
  const rule = message?.rule
  switch (rule?.$case) {
    case 'healthyChecks':
      return { kind: 'healthy-checks', count: Math.min(Math.max(1, rule.value), 1000) }
    case 'absentMs':
      return { kind: 'absent', forMs: Math.max(1000, rule.value) }
    case 'reboot':
      return { kind: 'reboot' }
    case 'operator':
      return { kind: 'operator' }
    default:
      return undefined
  }
}

/** More rules of one type than this are not taken. */
const RULES_MAX = 8

/** Writes rules of recovery; none is an empty list. */
export function toProtoRules(rules: readonly RecoveryRule[] = []): pb.RecoveryRule[] {
  return rules.map(toProtoRecovery)
}
/**
 * Reads rules of recovery, of a sender that knows a list of them or, before, one. Undefined where it says nothing.
 * @param one where the list is empty
 */
export function fromProtoRules(
  one: pb.RecoveryRule | undefined,
  list: readonly pb.RecoveryRule[],
): readonly RecoveryRule[] | undefined {
  const told = list.slice(0, RULES_MAX).flatMap((rule) => fromProtoRecovery(rule) ?? [])
  const rules = told.length > 0 ? told : [fromProtoRecovery(one)].filter((rule) => rule !== undefined)
  return rules.length > 0 ? rules : undefined
}

/** A moment that was not told or makes no sense is this one. */
export function timeOr(date: Date | undefined, fallback: Date): Date {
  return date !== undefined && Number.isFinite(date.getTime()) ? date : fallback
}

/** Undefined where not told or senseless. */
export function optionalTime(date: Date | undefined): Date | undefined {
  return date !== undefined && Number.isFinite(date.getTime()) ? date : undefined
}
