/** State as the detector keeps and publishes it: conditions by source and merged, problems. */
import type { Held, NodeCondition, Problem, Proof, Settled, SourceCondition } from '#model'
import type * as pb from '#proto/nodedoctor/v1/types.ts'
import { fromProtoDetail, toProtoDetail } from './detail.ts'
import {
  fromProtoHealth,
  fromProtoPhase,
  fromProtoPolarity,
  fromProtoRules,
  fromProtoSeverity,
  fromProtoStatus,
  optionalTime,
  timeOr,
  toProtoHealth,
  toProtoPhase,
  toProtoPolarity,
  toProtoRules,
  toProtoSeverity,
  toProtoStatus,
} from './enums.ts'
import { fromProtoEvidence, fromProtoObservation, toProtoEvidence, toProtoObservation } from './report.ts'

const heldWords = new Set<string>(['', 'gated', 'unreachable', 'unproven', 'flapping', 'pending'] satisfies Held[])
const proofWords = new Set<string>([
  'healthy-checks',
  'absent',
  'reboot',
  'operator',
  'withdrawn',
  'source-removed',
] satisfies Proof[])

function isHeld(word: string): word is Held {
  return heldWords.has(word)
}
/** Whether it is one of the words for how a problem was closed. */
export function isProof(word: string): word is Proof {
  return proofWords.has(word)
}

/** Writes what one monitor says of a condition. */
export function toProtoSourceCondition(s: SourceCondition): pb.SourceCondition {
  return {
    monitor: s.monitor,
    observation: toProtoObservation(s.observation),
    health: toProtoHealth(s.health),
    held: s.held,
    since: s.since,
    observed: s.observed,
    raised: s.raised && toProtoObservation(s.raised),
    healthyStreak: s.healthyStreak,
    penalty: s.penalty,
    penaltyMonoMs: s.penaltyMonoMs,
    problemSeenMonoMs: s.problemSeenMonoMs,
    incarnation: s.incarnation,
    sequence: s.sequence,
    cleared: s.cleared,
    settled: s.settled && { health: toProtoHealth(s.settled.health), observed: s.settled.observed },
    byLook: s.byLook ?? false,
  }
}
/** Undefined where the record lacks its observation: it says nothing then. */
export function fromProtoSourceCondition(s: pb.SourceCondition, now: Date): SourceCondition | undefined {
  if (s.observation === undefined) return undefined
  return {
    monitor: s.monitor,
    observation: fromProtoObservation(s.observation),
    health: fromProtoHealth(s.health),
    held: isHeld(s.held) ? s.held : '',
    since: timeOr(s.since, now),
    observed: timeOr(s.observed, now),
    raised: s.raised && fromProtoObservation(s.raised),
    healthyStreak: s.healthyStreak,
    penalty: s.penalty,
    penaltyMonoMs: s.penaltyMonoMs,
    problemSeenMonoMs: s.problemSeenMonoMs,
    incarnation: s.incarnation,
    sequence: s.sequence,
    cleared: optionalTime(s.cleared),
    settled: s.settled && {
      health: fromProtoHealth(s.settled.health),
      observed: timeOr(s.settled.observed, timeOr(s.observed, now)),
    },
    byLook: s.byLook,
  }
}

/** Writes a condition of the node. */
export function toProtoNodeCondition(c: NodeCondition): pb.NodeCondition {
  return {
    type: c.type,
    entity: c.entity,
    status: toProtoStatus(c.status),
    health: toProtoHealth(c.health),
    severity: toProtoSeverity(c.severity),
    reason: c.reason,
    message: c.message,
    summary: c.summary,
    since: c.since,
    statusSince: c.statusSince,
    observed: c.observed,
    sources: [...c.sources],
    check: c.check,
    evidence: c.evidence && toProtoEvidence(c.evidence),
    polarity: toProtoPolarity(c.polarity),
    label: c.label,
    recovery: c.recovery,
    held: c.held,
    settled: c.settled && { ...c.settled, health: toProtoHealth(c.settled.health) },
    byLook: c.byLook ?? false,
    ...toProtoDetail(c),
  }
}
function fromProtoSettled({ health, since, statusSince }: pb.Settled, fallback: Date): Settled {
  return { health: fromProtoHealth(health), since: timeOr(since, fallback), statusSince: timeOr(statusSince, fallback) }
}

/** Reads a condition of the node; a time that was not told, or makes no sense, is `now`. */
export function fromProtoNodeCondition(c: pb.NodeCondition, now: Date): NodeCondition {
  const since = timeOr(c.since, now)
  return {
    type: c.type,
    entity: c.entity,
    status: fromProtoStatus(c.status),
    health: fromProtoHealth(c.health),
    severity: fromProtoSeverity(c.severity),
    reason: c.reason,
    message: c.message,
    summary: c.summary,
    since,
    statusSince: timeOr(c.statusSince, since),
    observed: timeOr(c.observed, since),
    sources: [...c.sources],
    check: c.check,
    evidence: fromProtoEvidence(c.evidence),
    polarity: fromProtoPolarity(c.polarity),
    label: c.label,
    recovery: c.recovery,
    held: isHeld(c.held) ? c.held : '',
    settled: c.settled && fromProtoSettled(c.settled, since),
    byLook: c.byLook,
    ...fromProtoDetail(c),
  }
}

/** Writes a problem. */
export function toProtoProblem(p: Problem): pb.Problem {
  return {
    fingerprint: p.fingerprint,
    generation: p.generation,
    phase: toProtoPhase(p.phase),
    revision: p.revision,
    owner: p.owner,
    source: p.source,
    type: p.type,
    entity: p.entity,
    severity: toProtoSeverity(p.severity),
    worst: toProtoSeverity(p.worst),
    reason: p.reason,
    message: p.message,
    summary: p.summary,
    label: p.label,
    recovery: p.recovery,
    evidence: p.evidence && toProtoEvidence(p.evidence),
    opened: p.opened,
    changed: p.changed,
    resolved: p.resolved,
    proof: p.proof ?? '',
    proofText: p.proofText,
    check: p.check,
    fromEvent: p.fromEvent,
    lastSeen: p.lastSeen,
    count: p.count,
    unproven: p.unproven,
    flapping: p.flapping,
    absentMs: p.absentMs,
    lastSeenMonoMs: p.lastSeenMonoMs,
    rule: toProtoRules(p.rules)[0],
    rules: toProtoRules(p.rules),
    openedMonoMs: p.openedMonoMs,
    openMs: p.openMs,
    lastEvent: p.lastEvent,
    verbatim: p.verbatim ?? false,
    ...toProtoDetail(p),
  }
}
/** Reads a problem; a time that was not told, or makes no sense, is `now`. */
export function fromProtoProblem(p: pb.Problem, now: Date): Problem {
  const opened = timeOr(p.opened, now)
  return {
    fingerprint: p.fingerprint,
    generation: p.generation,
    phase: fromProtoPhase(p.phase),
    revision: p.revision,
    owner: p.owner,
    source: p.source === '' ? p.owner : p.source,
    type: p.type,
    entity: p.entity,
    severity: fromProtoSeverity(p.severity),
    worst: fromProtoSeverity(p.worst),
    reason: p.reason,
    message: p.message,
    summary: p.summary,
    label: p.label,
    recovery: p.recovery,
    evidence: fromProtoEvidence(p.evidence),
    opened,
    changed: timeOr(p.changed, opened),
    resolved: optionalTime(p.resolved),
    proof: isProof(p.proof) ? p.proof : undefined,
    proofText: p.proofText,
    check: p.check,
    fromEvent: p.fromEvent,
    lastSeen: timeOr(p.lastSeen, opened),
    count: p.count,
    unproven: p.unproven,
    flapping: p.flapping,
    absentMs: p.absentMs,
    lastSeenMonoMs: p.lastSeenMonoMs,
    rules: fromProtoRules(p.rule, p.rules),
    openedMonoMs: p.openedMonoMs,
    openMs: p.openMs,
    lastEvent: optionalTime(p.lastEvent),
    verbatim: p.verbatim || undefined,
    ...fromProtoDetail(p),
  }
}
