/** What whoever acts on the machine is asked and tells, as protobuf and back. */
import type { Act, ProblemSight, Remediation } from '#model'
import type * as pb from '#proto/nodedoctor/v1/action.ts'
import {
  fromProtoAct,
  fromProtoFigure,
  fromProtoOutcome,
  fromProtoSight,
  toProtoAct,
  toProtoFigure,
  toProtoOutcome,
  toProtoSight,
} from './remediation-parts.ts'

/** An act is to be done, once. */
export interface RunAsked {
  readonly attempt: string
  readonly act: Act
  readonly problem: ProblemSight
  /** How long it may take. */
  readonly deadlineMs: number
  /** It was begun before: it is joined, and not begun where nobody knows of it. */
  readonly join: boolean
  /** Nothing is done but what frees the disk of the journal, which has no room for its record. Default: it is written down. */
  readonly unrecorded?: boolean
  /** Monotonic time of the machine behind which it is not begun any more. Default 0: nobody says. */
  readonly beginByMs?: number
}

/** An act that is asked about, and whether it could not be written down. */
export interface CanRunAsked {
  readonly act: Act
  readonly unrecorded: boolean
}

/** What is told of it, in this order. `joined`: a run of the same attempt was there already. */
export type RunTold =
  | { readonly kind: 'begun'; readonly joined: boolean }
  | Extract<Remediation, { readonly kind: 'step' | 'ended' }>

/** Writes what is asked. */
export function toProtoRunRequest({
  attempt,
  act,
  problem,
  deadlineMs,
  join,
  unrecorded = false,
  beginByMs = 0,
}: RunAsked): pb.RunRequest {
  return { attempt, act: toProtoAct(act), problem: toProtoSight(problem), deadlineMs, join, unrecorded, beginByMs }
}
/** Reads what is asked; a time that was not told is `now`. */
export function fromProtoRunRequest(
  { attempt, act, problem, deadlineMs, join, unrecorded, beginByMs }: pb.RunRequest,
  now: Date,
): RunAsked {
  const parts = { act: fromProtoAct(act), problem: fromProtoSight(problem, now) }
  return { attempt, ...parts, deadlineMs, join, unrecorded, beginByMs }
}

/** Writes an act that is asked about. */
export function toProtoCanRunRequest(act: Act, unrecorded = false): pb.CanRunRequest {
  return { act: toProtoAct(act), unrecorded }
}
/** Reads an act that is asked about. */
export function fromProtoCanRunRequest({ act, unrecorded }: pb.CanRunRequest): CanRunAsked {
  return { act: fromProtoAct(act), unrecorded }
}

/** Writes what is told. */
export function toProtoRunResponse(told: RunTold): pb.RunResponse {
  if (told.kind === 'begun') return { what: { $case: 'begun', value: { joined: told.joined } } }
  if (told.kind === 'step') {
    const { attempt, step, detail } = told
    return { what: { $case: 'step', value: { attempt, step, detail } } }
  }
  const { attempt, message, output, isOutputCut, durationMs, exitCode } = told
  return {
    what: {
      $case: 'ended',
      value: {
        attempt,
        message,
        output,
        outputCut: isOutputCut,
        durationMs,
        exitCode,
        mayRun: false,
        outcome: toProtoOutcome(told.outcome),
        figures: told.figures.map(toProtoFigure),
      },
    },
  }
}
/** Reads what is told. undefined: of a kind that this version does not know. */
export function fromProtoRunResponse({ what }: pb.RunResponse): RunTold | undefined {
  if (what === undefined) return undefined
  if (what.$case === 'begun') return { kind: 'begun', joined: what.value.joined }
  if (what.$case === 'step') {
    const { attempt, step, detail } = what.value
    return { kind: 'step', attempt, step, detail }
  }
  const { attempt, message, output, outputCut, durationMs, exitCode, outcome, figures } = what.value
  return {
    kind: 'ended',
    attempt,
    message,
    output,
    isOutputCut: outputCut,
    durationMs,
    exitCode,
    outcome: fromProtoOutcome(outcome),
    figures: figures.map(fromProtoFigure),
  }
}
