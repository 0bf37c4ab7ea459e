/** What records of repairs are made of, as protobuf and back. */
import {
  type Act,
  type ActFigure,
  ATTEMPT_OUTCOMES,
  type AttemptMode,
  type AttemptOutcome,
  type BreakerWord,
  type Opening,
  type ProblemSight,
  VERDICTS,
  type Verdict,
} from '#model'
import * as pb from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoSeverity, timeOr, toProtoSeverity } from './enums.ts'
import { fromProtoEvidence, toProtoEvidence } from './report.ts'

/** Writes an opening. */
export function toProtoOpening({ fingerprint, generation, opened }: Opening): pb.Opening {
  return { fingerprint, generation, opened }
}
/** Reads an opening; a time that was not told is `now`. */
export function fromProtoOpening(opening: pb.Opening | undefined, now: Date): Opening {
  const { fingerprint = '', generation = 0, opened } = opening ?? {}
  return { fingerprint, generation, opened: timeOr(opened, now) }
}

/** Writes a sight of a problem. */
export function toProtoSight({ opening, severity, evidence, subject = '', ...words }: ProblemSight): pb.ProblemSight {
  return {
    ...words,
    subject,
    opening: toProtoOpening(opening),
    severity: toProtoSeverity(severity),
    evidence: evidence && toProtoEvidence(evidence),
  }
}
/** Reads a sight of a problem. */
export function fromProtoSight(sight: pb.ProblemSight | undefined, now: Date): ProblemSight {
  const s = sight ?? pb.ProblemSight.create()
  return {
    opening: fromProtoOpening(s.opening, now),
    type: s.type,
    entity: s.entity,
    subject: s.subject === '' ? undefined : s.subject,
    severity: fromProtoSeverity(s.severity),
    reason: s.reason,
    message: s.message,
    evidence: fromProtoEvidence(s.evidence),
    check: s.check,
    monitor: s.monitor,
  }
}

/** Writes an act. */
export function toProtoAct({ strategy, target, parameters, text }: Act): pb.Act {
  return { strategy, target, parameters: { ...parameters }, text }
}
/** Reads an act. */
export function fromProtoAct(act: pb.Act | undefined): Act {
  const { strategy = '', target = '', parameters = {}, text = '' } = act ?? {}
  return { strategy, target, parameters: { ...parameters }, text }
}

/** Writes a figure. */
export function toProtoFigure({ what, before, after, unit }: ActFigure): pb.Figure {
  return { what, before, after, unit }
}
/** Reads a figure. */
export function fromProtoFigure({ what, before, after, unit }: pb.Figure): ActFigure {
  return { what, before, after, unit }
}

/** Writes a mode. */
export function toProtoMode(mode: AttemptMode): pb.AttemptMode {
  return mode === 'act' ? pb.AttemptMode.ACT : pb.AttemptMode.DRY_RUN
}
/** Reads a mode: what is not known was done, since that counts. */
export function fromProtoMode(mode: pb.AttemptMode): AttemptMode {
  return mode === pb.AttemptMode.DRY_RUN ? 'dry-run' : 'act'
}

const outcomeNumbers = {
  succeeded: pb.AttemptOutcome.SUCCEEDED,
  failed: pb.AttemptOutcome.FAILED,
  declined: pb.AttemptOutcome.DECLINED,
  lost: pb.AttemptOutcome.LOST,
} as const satisfies Record<AttemptOutcome, pb.AttemptOutcome>

/** Writes an outcome. */
export function toProtoOutcome(outcome: AttemptOutcome): pb.AttemptOutcome {
  return outcomeNumbers[outcome]
}
/** Reads an outcome: one that is not known is lost. */
export function fromProtoOutcome(value: pb.AttemptOutcome): AttemptOutcome {
  return ATTEMPT_OUTCOMES.find((outcome) => outcomeNumbers[outcome] === value) ?? 'lost'
}

const verdictNumbers = {
  proven: pb.Verdict.PROVEN,
  'not-proven': pb.Verdict.NOT_PROVEN,
  'not-observed': pb.Verdict.NOT_OBSERVED,
} as const satisfies Record<Verdict, pb.Verdict>

/** Writes a verdict. */
export function toProtoVerdict(verdict: Verdict): pb.Verdict {
  return verdictNumbers[verdict]
}
/** Reads a verdict: of one that is not known nothing was observed. */
export function fromProtoVerdict(value: pb.Verdict): Verdict {
  return VERDICTS.find((verdict) => verdictNumbers[verdict] === value) ?? 'not-observed'
}

const breakerNumbers = {
  closed: pb.BreakerState.CLOSED,
  open: pb.BreakerState.OPEN,
  'half-open': pb.BreakerState.HALF_OPEN,
} as const satisfies Record<BreakerWord, pb.BreakerState>

/** Writes a breaker's state. */
export function toProtoBreaker(word: BreakerWord): pb.BreakerState {
  return breakerNumbers[word]
}
/** Reads a breaker's state: one that is not known is open. */
export function fromProtoBreaker(value: pb.BreakerState): BreakerWord {
  const words: readonly BreakerWord[] = ['closed', 'half-open']
  return words.find((word) => breakerNumbers[word] === value) ?? 'open'
}
