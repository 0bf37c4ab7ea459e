/** Repairs in the words of the house: what the remediator decided, did and saw. Its journal is a list of these, and nothing else. */
import type { Evidence, Proof, Severity } from './types.ts'

/** One opening of a problem; the same problem opened again is another one. */
export interface Opening {
  readonly fingerprint: string
  readonly generation: number
  /** A new store of the bus may count generations anew: the time tells them apart. */
  readonly opened: Date
}

/** Whether it is the same opening. */
export function isSameOpening(a: Opening, b: Opening): boolean {
  return a.fingerprint === b.fingerprint && a.generation === b.generation && a.opened.getTime() === b.opened.getTime()
}

/** How a gate begins that says a person paused repairs: whoever shows it knows by that when it is over. */
export const PAUSED_BY = 'paused by '

/** A problem as it was at one moment: when an attempt began, when it was looked at after it. */
export interface ProblemSight {
  readonly opening: Opening
  readonly type: string
  readonly entity: string
  /** What people read in place of the entity. Absent: the entity. */
  readonly subject?: string | undefined
  readonly severity: Severity
  readonly reason: string
  readonly message: string
  readonly evidence?: Evidence | undefined
  /** The check that sees it, by its configured name. */
  readonly check: string
  readonly monitor: string
}

/** What one attempt does, or would do. */
export interface Act {
  /** Of the configuration: "systemd-restart". */
  readonly strategy: string
  /** What it is done to: "unit:kubelet.service". Two problems with one target are one act. */
  readonly target: string
  /** As they count after all defaults. */
  readonly parameters: Readonly<Record<string, string>>
  /** For people: the command itself, or words. */
  readonly text: string
}

/** `act`: it is done. `dry-run`: it is told and not done. */
export type AttemptMode = 'act' | 'dry-run'

/**
 * How an attempt ended. `declined`: it found that there was nothing to do, or that it must not; nothing was changed. `lost`: it was
 * begun, and nobody knows how it ended.
 */
export const ATTEMPT_OUTCOMES = ['succeeded', 'failed', 'declined', 'lost'] as const
/** One of {@link ATTEMPT_OUTCOMES}. */
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number]

/**
 * What became of the problem. `proven`: this opening was resolved by its own rule. `not-proven`: looks after the act found it still, so
 * the attempt failed. `not-observed`: nobody looked, or nobody watches it any more; that is no failure.
 */
export const VERDICTS = ['proven', 'not-proven', 'not-observed'] as const
/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number]

/** A figure of before and after an act. */
export interface ActFigure {
  /** "free on /var" */
  readonly what: string
  readonly before: number
  readonly after: number
  readonly unit: string
}

/** A circuit breaker's state for readers. */
export type BreakerWord = 'closed' | 'open' | 'half-open'

/** What a record says. Durations are of a clock that never jumps. */
export type Remediation =
  /**
   * The remediator began to work. `nodeUid`: it has heard of the Node object, or anew; `remediation`: what its annotation says then, absent:
   * it has none; `holds`: what else of it holds every repair back, in words, absent: nothing.
   */
  | {
      readonly kind: 'began'
      readonly version: string
      readonly nodeUid?: string | undefined
      readonly remediation?: string | undefined
      readonly holds?: readonly string[] | undefined
    }
  /** That time has passed. `unwitnessedMs`: of it so long nobody would have seen a problem come back. Absent: none. */
  | { readonly kind: 'tick'; readonly unwitnessedMs?: number | undefined }
  /** A gate refused; written when gate or reason are others than before. `forMs`: at least so long. Absent: until something changes. */
  | {
      readonly kind: 'refused'
      readonly problem: ProblemSight
      readonly act: Act
      readonly mode: AttemptMode
      readonly gate: string
      readonly reason: string
      readonly forMs?: number | undefined
    }
  /** On the disk before the act begins. */
  | {
      readonly kind: 'started'
      /** "3f2a91c0-17" */
      readonly attempt: string
      readonly problem: ProblemSight
      readonly act: Act
      readonly mode: AttemptMode
      /** Which attempt of this act for this problem it is, from 1. */
      readonly number: number
      readonly of: number
      readonly cooldownMs: number
      readonly verifyWithinMs: number
      /** The approval that it uses up. */
      readonly approval?: string | undefined
      /** How long it may take, as configured when it began. Absent: an earlier version did not say. */
      readonly deadlineMs?: number | undefined
    }
  /** An act of several steps is about to do one, or is done with it. `detail`: what it has to know again. */
  | { readonly kind: 'step'; readonly attempt: string; readonly step: string; readonly detail: string }
  | {
      readonly kind: 'ended'
      readonly attempt: string
      readonly outcome: AttemptOutcome
      readonly message: string
      readonly output: string
      readonly isOutputCut: boolean
      readonly durationMs: number
      readonly figures: readonly ActFigure[]
      readonly exitCode?: number | undefined
      /** Of one that is lost: whoever runs it was told to end it, and has not said that it ended. */
      readonly mayRun?: true | undefined
    }
  | {
      readonly kind: 'verified'
      readonly attempt: string
      readonly verdict: Verdict
      readonly message: string
      readonly after?: ProblemSight | undefined
    }
  /**
   * An opening with attempts was resolved, or is open again. `forgets`: it has been proven healthy for so long that they count no more, which
   * is told when that is reached.
   */
  | {
      readonly kind: 'seen'
      readonly opening: Opening
      readonly resolved: boolean
      readonly proof?: Proof | undefined
      readonly forgets: boolean
    }
  /** Follows from the records before it, and says so to readers. Without a problem: that of the node. */
  | {
      readonly kind: 'breaker'
      readonly of?: { readonly fingerprint: string; readonly strategy: string } | undefined
      readonly state: BreakerWord
      readonly failures: number
      readonly forMs?: number | undefined
    }
  | { readonly kind: 'exhausted'; readonly problem: ProblemSight; readonly mode: AttemptMode }
  | { readonly kind: 'paused'; readonly by: string; readonly why: string; readonly forMs?: number | undefined }
  | { readonly kind: 'resumed'; readonly by: string }
  | {
      readonly kind: 'approved'
      readonly id: string
      readonly by: string
      readonly opening: Opening
      readonly forMs: number
    }
  /** `fingerprint`: of a problem; "": the journal before this one was put aside. */
  | { readonly kind: 'reset'; readonly fingerprint: string; readonly by: string }

/** A record of the journal. */
export interface RemediationRecord {
  /** For people. */
  readonly time: Date
  readonly bootId: string
  /** Of the monotonic clock of that boot. */
  readonly monoMs: number
  readonly what: Remediation
}

/** A record as it is told: (journal, sequence) is the same at every delivery. */
export interface ToldRemediation extends RemediationRecord {
  readonly journal: string
  readonly sequence: number
}
