/** What people are shown of repairs, in plain JSON. */
import type { AttemptMode, AttemptOutcome, Verdict } from '#model'
import type { RepairBreaker } from './repairs.ts'
import type { Words } from './words.ts'

/** A figure of before and after an act. */
export interface FigureView {
  readonly what: string
  readonly before: number
  readonly after: number
  readonly unit: string
}

/** One attempt, whole. */
export interface AttemptView {
  readonly attempt: string
  readonly mode: AttemptMode
  readonly strategy: string
  readonly target: string
  /** The command, or words. */
  readonly text: string
  readonly number: number
  readonly of: number
  readonly started: string
  readonly ended?: string
  readonly durationMs?: number
  readonly outcome?: AttemptOutcome
  readonly message: string
  readonly output: string
  readonly isOutputCut: boolean
  readonly exitCode?: number
  readonly figures: readonly FigureView[]
  readonly steps: readonly { readonly at: string; readonly step: string; readonly detail: string }[]
  readonly verdict?: Verdict
  readonly verdictText: string
  readonly verified?: string
}

/**
 * How the repair of a problem stands. `running`: an act is under way. `verifying`: it was done, and nobody has looked yet. `repaired`:
 * the problem was proven gone after it. `failed`: it failed, or the problem is still there. `not-observed`: it was done, and nobody can
 * say what came of it. `declined`: there was nothing to do. `held-back`: a gate does not let one through. `exhausted`: everything was
 * tried. `would`: told and not done.
 */
export type RepairState =
  | 'running'
  | 'verifying'
  | 'repaired'
  | 'failed'
  | 'not-observed'
  | 'declined'
  | 'held-back'
  | 'exhausted'
  | 'would'

/** The repair of one problem. */
export interface RepairView {
  readonly state: RepairState
  /** "systemctl restart kubelet.service (attempt 1 of 3), for 4 s." */
  readonly words: readonly Words[]
  readonly attempt?: AttemptView
  /** The gate that holds back the next one. */
  readonly refusal?: {
    readonly gate: string
    readonly reason: string
    readonly at: string
    readonly until?: string
    readonly text: string
  }
}

/** The repairs of the node. */
export interface RemediationView {
  /** Somebody is there who repairs. */
  readonly running: boolean
  /** In one sentence. */
  readonly text: string
  /** What holds repairs up as a whole, or waits for a person, in a sentence each, the worst first. Absent: nothing does. */
  readonly attention?: readonly string[]
  /** The attempt that is under way: its id and what it is about. */
  readonly now?: {
    readonly attempt: string
    readonly fingerprint: string
    readonly text: string
    readonly since: string
  }
  readonly paused?: { readonly since: string; readonly by: string; readonly why: string; readonly until?: string }
  readonly breakers?: readonly {
    readonly fingerprint: string
    readonly strategy: string
    readonly state: RepairBreaker['state']
    readonly failures: number
    readonly since: string
    readonly until?: string
  }[]
}
