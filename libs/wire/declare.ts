/** What monitors declare of themselves. */
import { type ConditionType, DEFAULT_RECOVERY, type EventReason } from '#model'
import type * as pb from '#proto/nodedoctor/v1/monitor.ts'
import {
  fromProtoPolarity,
  fromProtoRecovery,
  fromProtoSeverity,
  toProtoPolarity,
  toProtoRecovery,
  toProtoSeverity,
} from './enums.ts'

/** Writes a declared type of condition. */
export function toProtoConditionType(t: ConditionType): pb.ConditionType {
  return {
    type: t.type,
    polarity: toProtoPolarity(t.polarity),
    description: t.description,
    shared: t.shared,
    recovery: toProtoRecovery(t.recovery),
    label: t.label,
    recoveryText: t.recoveryText,
    healthyReason: t.healthyReason,
    healthyMessage: t.healthyMessage,
  }
}
/** A type without a recovery rule gets two healthy checks in a row. */
export function fromProtoConditionType(t: pb.ConditionType): ConditionType {
  return {
    type: t.type,
    polarity: fromProtoPolarity(t.polarity),
    description: t.description,
    shared: t.shared,
    recovery: fromProtoRecovery(t.recovery) ?? DEFAULT_RECOVERY,
    label: t.label,
    recoveryText: t.recoveryText,
    healthyReason: t.healthyReason,
    healthyMessage: t.healthyMessage,
  }
}

/** Writes a declared event. */
export function toProtoEventReason(r: EventReason): pb.EventReason {
  return {
    reason: r.reason,
    severity: toProtoSeverity(r.severity),
    description: r.description,
    recovery: r.recovery && toProtoRecovery(r.recovery),
  }
}
/** Reads a declared event. */
export function fromProtoEventReason(r: pb.EventReason): EventReason {
  return {
    reason: r.reason,
    severity: fromProtoSeverity(r.severity),
    description: r.description,
    recovery: fromProtoRecovery(r.recovery),
  }
}
