/** What the journal comes to: everything that the gates may remember. Pure data, bounded, and nothing beside it. */
import type { AttemptMode, BreakerWord, Opening } from '#model'

/** Of one act for one problem. Times are journal time (time.ts), in milliseconds. */
export interface ActLedger {
  /** Attempts since the problem was last proven healthy for long enough, but those that were declined or of which nobody saw what came of them. */
  readonly attempts: number
  readonly lastAtMs: number
  /** In a row. */
  readonly failures: number
  /** Of the last of them. */
  readonly failedAtMs: number
}

/** Whose check tells of a problem, and of which condition. */
export interface Teller {
  readonly monitor: string
  readonly check: string
  /** Absent: it was written down by a version that did not keep it. */
  readonly type?: string | undefined
  /** The same. "": the node. */
  readonly entity?: string | undefined
}

/** What was done about one problem. */
export interface ProblemLedger {
  /** The opening that was acted on last. */
  readonly opening: Opening
  /** Since when it has been proven healthy, by somebody who would have seen it come back; undefined: it is open, or nobody proves that it is not. */
  readonly healthySinceMs: number | undefined
  /** As it was when it was acted on last; absent: it never was, or by a version that did not keep it. */
  readonly teller?: Teller | undefined
  /** By strategy and target ({@link actKey}); of what is forgotten they are there still, with nothing that counts. */
  readonly acts: Readonly<Record<string, ActLedger>>
  /** When the last attempt ended of which nobody saw what came of it: the next waits for a look that is later. */
  readonly blindSinceMs: number | undefined
  readonly isExhausted: boolean
  /** What was refused last, so that it is written when it changes: "gate: reason". */
  readonly refused: string
}

/** Failures in a row, whatever they were of. */
export interface Failures {
  readonly count: number
  readonly lastAtMs: number
}

/** An attempt that is not settled: it runs, or what came of it is being looked at. */
export interface OpenAttempt {
  readonly attempt: string
  readonly opening: Opening
  readonly strategy: string
  readonly target: string
  readonly startedAtMs: number
  /** In which boot: a process of an earlier one runs no more. */
  readonly bootId: string
  /** When the act ended; undefined: it runs. */
  readonly endedAtMs: number | undefined
  readonly verifyWithinMs: number
  /** Steps that it has told, the last one last. */
  readonly steps: readonly ToldStep[]
}

/** An attempt that was given up, of which whoever runs it has not said that it ended: it may run still. */
export interface Unended extends Pick<OpenAttempt, 'attempt' | 'opening' | 'strategy' | 'target'> {
  readonly sinceMs: number
}

/** An attempt that may have left something there. */
export interface Left {
  readonly attempt: string
  readonly strategy: string
  /** The problem it was for, and who tells of it. */
  readonly opening: Opening
  readonly teller: Teller
  /** It disturbs workloads, so the fleet's lease is kept while what it left stands. */
  readonly isDisruptive: boolean
  /** "key:Effect" of the taint; "": it is none. */
  readonly taint: string
}

/** A step that an attempt has told, and when in journal time. */
export interface ToldStep {
  readonly step: string
  readonly detail: string
  readonly atMs: number
}

/** What was really done, or what would have been. */
export interface Ledger {
  /** By fingerprint. */
  readonly problems: Readonly<Record<string, ProblemLedger>>
  /** When a target was last acted on, by strategy and target ({@link actKey}). */
  readonly targets: Readonly<Record<string, number>>
  /** Of the whole node. */
  readonly failures: Failures
  /** Beginnings, the oldest first. */
  readonly starts: readonly number[]
  /** Of reboots among them. */
  readonly reboots: readonly number[]
  /** The oldest first. */
  readonly open: readonly OpenAttempt[]
}

/** A person's leave for one act. One that was used, or is over, stays known, so that the same word is not taken for another one. */
export interface Approval {
  readonly id: string
  readonly by: string
  readonly opening: Opening
  readonly untilMs: number
  /** The same by the wall clock, in ms since 1970: journal time stands still in a suspend, and leave is not for longer by that. */
  readonly wallUntilMs: number
  /** The boot in which it was given: it is for no other. */
  readonly bootId: string
  readonly isUsed: boolean
}

/** No act begins. */
export interface Pause {
  readonly by: string
  readonly why: string
  /** undefined: until it is resumed. */
  readonly untilMs: number | undefined
}

/** Who approves by the node's annotation: anybody who may write it. */
export const BY_ANNOTATION = 'annotation of the node'
/** Who takes such a leave back, or off where it was used. */
export const OFF_ANNOTATION = 'annotation of the node, taken off'

/** What the journal comes to. */
export interface SafetyState {
  readonly bootId: string
  /** Journal time at which this boot began. */
  readonly baseMs: number
  /** Of the last record. */
  readonly nowMs: number
  /** Of the Node object, as last known; "" before that. */
  readonly nodeUid: string
  /** What its annotation said, as last known; "": nothing, or it was never heard of. */
  readonly remediation: string
  /** What else of it held every repair back, in words, as last known; bounded by whoever writes it down. */
  readonly holds: readonly string[]
  /** A person has put the journal before this one aside: what it knew need not be known. */
  readonly isRenewed: boolean
  readonly paused: Pause | undefined
  readonly approvals: readonly Approval[]
  /** Breakers that readers were told not to be closed, by problem and strategy ({@link breakerKey}): what each was told to be. */
  readonly breakers: Readonly<Record<string, Exclude<BreakerWord, 'closed'>>>
  /** Ids that stood on the node and were taken for what they are; each until it was seen taken off. The oldest first. */
  readonly annotated: readonly string[]
  /** Of this boot, the oldest first; each until it is known to have ended, or a person lets go of its problem. */
  readonly unended: readonly Unended[]
  /** Attempts that may have left something on the node, the oldest first: a person's reset of a problem takes none away. */
  readonly left: readonly Left[]
  readonly ledgers: Readonly<Record<AttemptMode, Ledger>>
}

/** Problems that are remembered at most; those that have been healthy for longest go first. */
export const MAX_PROBLEMS = 1024
/** Acts of one problem that are remembered at most. */
export const MAX_ACTS = 64
/** Targets that are remembered at most; those that were acted on longest ago go first. */
export const MAX_TARGETS = 1024
/** Beginnings that are remembered at most: more than any budget allows in its window. */
export const MAX_STARTS = 1024
/** Breakers of which it is remembered at most what was told. */
export const MAX_BREAKERS = 1024
/** Approvals that are remembered at most. */
export const MAX_APPROVALS = 64

/** Attempts that may have left something on the node, which are remembered at most: the last ones of each problem and strategy. */
export const MAX_LEFT = 64
/** Attempts that may run still, which are remembered at most: more than there are who run acts, of whom each has one. */
export const MAX_UNENDED = 256

/** Of a text, in UTF-16 units. */
export const MAX_TEXT = 512

/** Names an act among those of a problem, and a target among all. */
export function actKey({ strategy, target }: { readonly strategy: string; readonly target: string }): string {
  return JSON.stringify([strategy, target])
}

/** Names a breaker for readers; without a problem that of the node. */
export function breakerKey(of: { readonly fingerprint: string; readonly strategy: string } | undefined): string {
  return JSON.stringify(of === undefined ? [] : [of.fingerprint, of.strategy])
}

/** What a key that {@link breakerKey} made names. */
export function breakerOf(key: string): { readonly fingerprint: string; readonly strategy: string } | undefined {
  const [fingerprint, strategy] = JSON.parse(key) as string[]
  return fingerprint === undefined || strategy === undefined ? undefined : { fingerprint, strategy }
}

/** The strategy of a key that {@link actKey} made. */
export function strategyOf(key: string): string {
  const [strategy] = JSON.parse(key) as [string, string]
  return strategy
}

const NO_LEDGER: Ledger = {
  problems: {},
  targets: {},
  failures: { count: 0, lastAtMs: 0 },
  starts: [],
  reboots: [],
  open: [],
}

/** Before the first record. */
export const EMPTY_STATE: SafetyState = {
  bootId: '',
  baseMs: 0,
  nowMs: 0,
  nodeUid: '',
  remediation: '',
  holds: [],
  isRenewed: false,
  paused: undefined,
  approvals: [],
  breakers: {},
  annotated: [],
  unended: [],
  left: [],
  ledgers: { act: NO_LEDGER, 'dry-run': NO_LEDGER },
}
