/** Records of repairs as protobuf and back. */
import type { Remediation, RemediationRecord, ToldRemediation } from '#model'
import type * as pb from '#proto/nodedoctor/v1/remediation.ts'
import { isProof } from './condition.ts'
import { timeOr } from './enums.ts'
import {
  fromProtoAct,
  fromProtoBreaker,
  fromProtoFigure,
  fromProtoMode,
  fromProtoOpening,
  fromProtoOutcome,
  fromProtoSight,
  fromProtoVerdict,
  toProtoAct,
  toProtoBreaker,
  toProtoFigure,
  toProtoMode,
  toProtoOpening,
  toProtoOutcome,
  toProtoSight,
  toProtoVerdict,
} from './remediation-parts.ts'

export { fromProtoAct, fromProtoBreaker, fromProtoMode, fromProtoSight }

type What = NonNullable<pb.RemediationRecord['what']>
type Case<C extends What['$case']> = Extract<What, { $case: C }>['value']
type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** Clocks count in parts of milliseconds, and a record in whole ones. */
function whole<T extends number | undefined>(ms: T): T {
  return (ms === undefined ? ms : Math.round(ms)) as T
}

/** Both directions of one kind of record. */
interface Both<K extends Remediation['kind']> {
  readonly to: (what: Kind<K>) => Case<K>
  readonly from: (value: Case<K>, now: Date) => Omit<Kind<K>, 'kind'>
}

const orNone = (text: string): string | undefined => (text === '' ? undefined : text)

const attempts = {
  refused: {
    to: ({ problem, act, mode, gate, reason, forMs }) => ({
      problem: toProtoSight(problem),
      act: toProtoAct(act),
      mode: toProtoMode(mode),
      gate,
      reason,
      forMs: whole(forMs),
    }),
    from: ({ problem, act, mode, gate, reason, forMs }, now) => ({
      problem: fromProtoSight(problem, now),
      act: fromProtoAct(act),
      mode: fromProtoMode(mode),
      gate,
      reason,
      forMs,
    }),
  } satisfies Both<'refused'>,
  started: {
    to: ({ kind, problem, act, mode, approval = '', deadlineMs, ...rest }) => ({
      ...rest,
      deadlineMs: whole(deadlineMs),
      approval,
      problem: toProtoSight(problem),
      act: toProtoAct(act),
      mode: toProtoMode(mode),
    }),
    from: ({ problem, act, mode, approval, attempt, number, of, cooldownMs, verifyWithinMs, deadlineMs }, now) => ({
      attempt,
      number,
      of,
      cooldownMs,
      verifyWithinMs,
      deadlineMs,
      approval: orNone(approval),
      problem: fromProtoSight(problem, now),
      act: fromProtoAct(act),
      mode: fromProtoMode(mode),
    }),
  } satisfies Both<'started'>,
  step: {
    to: ({ attempt, step, detail }) => ({ attempt, step, detail }),
    from: ({ attempt, step, detail }) => ({ attempt, step, detail }),
  } satisfies Both<'step'>,
  ended: {
    to: ({ attempt, outcome, message, output, isOutputCut, durationMs, figures, exitCode, mayRun = false }) => ({
      attempt,
      outcome: toProtoOutcome(outcome),
      message,
      output,
      outputCut: isOutputCut,
      durationMs: whole(durationMs),
      figures: figures.map(toProtoFigure),
      exitCode,
      mayRun,
    }),
    from: ({ attempt, outcome, message, output, outputCut, durationMs, figures, exitCode, mayRun }) => ({
      attempt,
      outcome: fromProtoOutcome(outcome),
      message,
      output,
      isOutputCut: outputCut,
      durationMs,
      figures: figures.map(fromProtoFigure),
      exitCode,
      mayRun: mayRun || undefined,
    }),
  } satisfies Both<'ended'>,
  verified: {
    to: ({ attempt, verdict, message, after }) => ({
      attempt,
      verdict: toProtoVerdict(verdict),
      message,
      after: after && toProtoSight(after),
    }),
    from: ({ attempt, verdict, message, after }, now) => ({
      attempt,
      verdict: fromProtoVerdict(verdict),
      message,
      after: after && fromProtoSight(after, now),
    }),
  } satisfies Both<'verified'>,
  exhausted: {
    to: ({ problem, mode }) => ({ problem: toProtoSight(problem), mode: toProtoMode(mode) }),
    from: ({ problem, mode }, now) => ({ problem: fromProtoSight(problem, now), mode: fromProtoMode(mode) }),
  } satisfies Both<'exhausted'>,
}

const others = {
  began: {
    to: ({ version, nodeUid = '', remediation = '', holds = [] }) => ({
      ...{ version, nodeUid, remediation },
      holds: [...holds],
    }),
    from: ({ version, nodeUid, remediation, holds }) => ({
      version,
      nodeUid: orNone(nodeUid),
      remediation: orNone(remediation),
      holds: holds.length === 0 ? undefined : holds,
    }),
  } satisfies Both<'began'>,
  tick: {
    to: ({ unwitnessedMs = 0 }) => ({ unwitnessedMs: whole(unwitnessedMs) }),
    from: ({ unwitnessedMs }) => ({ unwitnessedMs: unwitnessedMs === 0 ? undefined : unwitnessedMs }),
  } satisfies Both<'tick'>,
  seen: {
    to: ({ opening, resolved, proof = '', forgets }) => ({
      opening: toProtoOpening(opening),
      resolved,
      proof,
      forgets,
    }),
    from: ({ opening, resolved, proof, forgets }, now) => ({
      opening: fromProtoOpening(opening, now),
      resolved,
      proof: isProof(proof) ? proof : undefined,
      forgets,
    }),
  } satisfies Both<'seen'>,
  breaker: {
    to: ({ of, state, failures, forMs }) => ({
      fingerprint: of?.fingerprint ?? '',
      strategy: of?.strategy ?? '',
      state: toProtoBreaker(state),
      failures,
      forMs: whole(forMs),
    }),
    from: ({ fingerprint, strategy, state, failures, forMs }) => ({
      of: fingerprint === '' ? undefined : { fingerprint, strategy },
      state: fromProtoBreaker(state),
      failures,
      forMs,
    }),
  } satisfies Both<'breaker'>,
  paused: {
    to: ({ by, why, forMs }) => ({ by, why, forMs: whole(forMs) }),
    from: ({ by, why, forMs }) => ({ by, why, forMs }),
  } satisfies Both<'paused'>,
  resumed: { to: ({ by }) => ({ by }), from: ({ by }) => ({ by }) } satisfies Both<'resumed'>,
  approved: {
    to: ({ id, by, opening, forMs }) => ({ id, by, opening: toProtoOpening(opening), forMs: whole(forMs) }),
    from: ({ id, by, opening, forMs }, now) => ({ id, by, opening: fromProtoOpening(opening, now), forMs }),
  } satisfies Both<'approved'>,
  reset: {
    to: ({ fingerprint, by }) => ({ fingerprint, by }),
    from: ({ fingerprint, by }) => ({ fingerprint, by }),
  } satisfies Both<'reset'>,
}

const KINDS = { ...attempts, ...others } satisfies { readonly [K in Remediation['kind']]: unknown }

/** The one place where a kind and its value are known to belong together without the types saying so. */
function bothOf(kind: Remediation['kind']): Both<Remediation['kind']> {
  return KINDS[kind] as unknown as Both<Remediation['kind']>
}

/** Writes a record as it stands in the journal: without its number there. */
export function toProtoRemediation({ time, bootId, monoMs, what }: RemediationRecord): pb.RemediationRecord {
  const value = { $case: what.kind, value: bothOf(what.kind).to(what) } as What
  return { journal: '', sequence: 0, time, bootId, monoMs, what: value }
}

/** Writes a record as it is told. */
export function toProtoToldRemediation({ journal, sequence, ...record }: ToldRemediation): pb.RemediationRecord {
  return { ...toProtoRemediation(record), journal, sequence }
}

/** Reads a record; a time that was not told is `now`. undefined: of a kind that this version does not know. */
export function fromProtoRemediation(record: pb.RemediationRecord, now: Date): ToldRemediation | undefined {
  const { journal, sequence, time, bootId, monoMs, what } = record
  if (what === undefined) return undefined
  const read = { kind: what.$case, ...bothOf(what.$case).from(what.value, now) } as Remediation
  return { journal, sequence, time: timeOr(time, now), bootId, monoMs, what: read }
}
