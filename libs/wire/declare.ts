/** What monitors declare of themselves. */
import { type ConditionType, DEFAULT_RECOVERY, type EventReason } from '#model'
import type * as pb from '#proto/nodedoctor/v1/monitor.ts'
import {
  fromProtoPolarity,
  fromProtoRules,
  fromProtoSeverity,
  toProtoPolarity,
  toProtoRules,
  toProtoSeverity,
} from './enums.ts'

/** Writes a declared type of condition. */
export function toProtoConditionType(t: ConditionType): pb.ConditionType {
  return {
    type: t.type,
    polarity: toProtoPolarity(t.polarity),
    description: t.description,
    shared: t.shared,
    recovery: toProtoRules(t.recovery)[0],
    recoveryRules: toProtoRules(t.recovery),
    label: t.label,
    recoveryText: t.recoveryText,
    healthyReason: t.healthyReason,
    healthyMessage: t.healthyMessage,
    verbatim: t.verbatim ?? false,
  }
}
/** A type without a recovery rule gets two healthy checks in a row. */
export function fromProtoConditionType(t: pb.ConditionType): ConditionType {
  return {
    type: t.type,
    polarity: fromProtoPolarity(t.polarity),
    description: t.description,
    shared: t.shared,
    recovery: fromProtoRules(t.recovery, t.recoveryRules) ?? DEFAULT_RECOVERY,
    label: t.label,
    recoveryText: t.recoveryText,
    healthyReason: t.healthyReason,
    healthyMessage: t.healthyMessage,
    verbatim: t.verbatim || undefined,
  }
}

/** Writes a declared event. */
export function toProtoEventReason(r: EventReason): pb.EventReason {
  return {
    reason: r.reason,
    severity: toProtoSeverity(r.severity),
    description: r.description,
    recovery: toProtoRules(r.recovery)[0],
    recoveryRules: toProtoRules(r.recovery),
    verbatim: r.verbatim ?? false,
  }
}
/** Reads a declared event. */
export function fromProtoEventReason(r: pb.EventReason): EventReason {
  return {
    reason: r.reason,
    severity: fromProtoSeverity(r.severity),
    description: r.description,
    recovery: fromProtoRules(r.recovery, r.recoveryRules),
    verbatim: r.verbatim || undefined,
  }
}
