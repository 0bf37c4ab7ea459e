/** What a plug-in that carries out actions was asked, and what it answered. */
import type { ActionRunnerDescribeResponse, CancelResponse, CanRunResponse } from '#proto/nodedoctor/v1/action.ts'
import type { AttemptEnded } from '#proto/nodedoctor/v1/remediation.ts'
import type { Level, Outcome, Verdict } from '../types.ts'

/** What one Run brought. */
export interface HeardRun {
  /** Which was asked for. */
  readonly attempt: string
  /** What it said at its beginning; undefined: it said nothing of that. */
  readonly joined: boolean | undefined
  /** undefined: its end did not come. */
  readonly ended: AttemptEnded | undefined
  /** Largest message, in bytes. */
  readonly bytes: number
  /** How it failed, or that its time was over; "": it did not. */
  readonly error: string
}

/** Runs of an action that may be done. */
export interface ActionRuns {
  readonly can: Outcome<CanRunResponse>
  /** Two of one attempt at once; the first was called off in the middle. */
  readonly first: HeardRun
  readonly beside: HeardRun
  /** The same once more, when it is over; and joined. */
  readonly later: HeardRun
  readonly joined: HeardRun
  readonly late: LateRuns
}

/** Runs that begin nothing, each of an attempt of its own. */
export interface LateRuns {
  /** It was called off before it came. */
  readonly calledOff: HeardRun
  /** Somebody who joined it was told that nobody knows of it. */
  readonly disowned: HeardRun
  /** The time by which it had to begin was over. */
  readonly overdue: HeardRun
  /** Joined: it came while the plug-in was stopped (SIGSTOP), and was given up before that went on. undefined: it was not stopped. */
  readonly frozen: HeardRun | undefined
}

/** Everything that was learnt by `nodedoctor.v1.ActionRunner`. */
export interface ActionFacts {
  readonly describe: Outcome<ActionRunnerDescribeResponse>
  /** An action that it cannot have. */
  readonly stranger: Outcome<CanRunResponse>
  /** An attempt that nobody ever began, joined. */
  readonly unknown: HeardRun
  readonly cancelled: Outcome<CancelResponse>
  /** undefined: nobody said which action may be done. */
  readonly runs: ActionRuns | undefined
}

/** A rule of who carries out actions. */
export interface ActionRule {
  readonly id: string
  readonly level: Level
  readonly why: string
  judge(facts: ActionFacts): Verdict
}
