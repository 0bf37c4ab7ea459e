/** What a gate is asked, and what it says. Pure data: whoever asks has looked at everything before. */
import type { AttemptMode, Held, Opening, ProblemSight } from '#model'
import type { Limits, Rung } from '#remedies'
import type { Ledger, SafetyState } from '../state/types.ts'

/** Gates in the order in which they are asked. */
export const GATES = [
  'enabled',
  'truth',
  'mute',
  'severity',
  'fit',
  'cooldown',
  'attempts',
  'breaker',
  'node-breaker',
  'budget',
  'approval',
  'lease',
] as const
/** One of {@link GATES}. */
export type GateName = (typeof GATES)[number]

/** What a gate says. `untilMs`: journal time before which it will not allow; absent: until something changes. */
export type Said =
  | { readonly word: 'allows'; readonly text: string }
  | { readonly word: 'refuses'; readonly text: string; readonly untilMs?: number | undefined }
  /** What it would have to know is not known now: it refuses, and says so. */
  | { readonly word: 'not-known'; readonly text: string }

/** What is known of the detector, and of the problem in its bucket, now. */
export interface Truth {
  /** Since its last heartbeat; undefined: none was heard. */
  readonly heartbeatAgeMs: number | undefined
  /** How old the oldest change is that its bucket does not have and that the problem may be other by. */
  readonly waitingMs: number
  /** The monitor by whose own doing that is; absent: by nobody's. */
  readonly waitsOf?: string | undefined
  /** The problem as the bucket has it now; undefined: there is none. */
  readonly problem:
    | {
        readonly sight: ProblemSight
        readonly isOpen: boolean
        /** Brought over a reboot, and no check has looked since. */
        readonly isUnproven: boolean
        readonly isFlapping: boolean
        /** Of its condition: why that is not simply what its source says. */
        readonly held: Held
        /** Why nobody sees now how it is, as where its check fails. Absent: it is seen. */
        readonly unseen?: string | undefined
        /** Every source that makes it a problem says that nobody is to act on it. */
        readonly isObserveOnly: boolean
        /** Journal time of the last look of its check; undefined: none in this boot. */
        readonly lookedAtMs: number | undefined
        /** How often its check looks; undefined: it does not look by the clock. */
        readonly intervalMs: number | undefined
      }
    | undefined
  readonly nodeUpMs: number
  readonly isGoingDown: boolean
}

/** What the node's object, and people, say. */
export interface Mute {
  /** The node's annotation, as last known. */
  readonly annotation: 'on' | 'off' | 'observe'
  /** Why nothing at all is to be done now: maintenance, another tool's mark or taint, quiet hours. `untilMs`: where that is known. */
  readonly holds: readonly { readonly text: string; readonly untilMs?: number | undefined }[]
  /** The same for what disturbs workloads (drain, reboot): outside of the windows, cordoned by others, a control plane, no API server. */
  readonly disruptiveHolds: readonly { readonly text: string; readonly untilMs?: number | undefined }[]
}

/** What whoever carries it out says: it could, or why not. undefined: it was not asked, or did not answer. */
export type Fit =
  | {
      readonly refusal: string
      /** The refusal is that the machine is going down: it holds for every act on it. */
      readonly isGoingDown?: boolean
    }
  | undefined

/** The fleet's leave for what disturbs workloads. */
export type Lease =
  | { readonly kind: 'not-needed' }
  /** `wasOurs`: this node had it before it was asked for, for what stands there. */
  | { readonly kind: 'free'; readonly wasOurs?: boolean }
  | { readonly kind: 'held'; readonly text: string; readonly untilMs?: number | undefined }
  | { readonly kind: 'not-known'; readonly text: string }

/** Everything that the gates are asked about one rung for one problem. */
export interface Question {
  /** The opening that it is about. */
  readonly opening: Opening
  readonly rung: Rung
  /** It would drain or reboot. */
  readonly isDisruptive: boolean
  readonly limits: Limits
  readonly state: SafetyState
  /** The one of `state` that counts for `mode`. */
  readonly ledger: Ledger
  readonly mode: AttemptMode
  readonly truth: Truth
  readonly mute: Mute
  readonly fit: Fit
  readonly lease: Lease
  /** What is wrong with the journal; undefined: nothing. */
  readonly journalTrouble: string | undefined
  /** The journal has no room for it, and it may free that: it would be written behind. */
  readonly isUnrecorded: boolean
  /** Journal time. */
  readonly nowMs: number
  /** The wall clock, in ms since 1970: a person's leave ends by it too. */
  readonly wallMs: number
}

/** A safety rule. */
export type Gate = (question: Question) => Said
