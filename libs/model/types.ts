/**
 * The words of the house (docs/architecture.md, section 3) as types. Pure data: no I/O, no clock, no vendor.
 * Times are `Date`; a duration says its unit in its name.
 */

import type { Detail } from './detail.ts'

/** One moment on both clocks. Durations are measured on `monoMs`, which a step of the wall clock does not move. */
export interface Instant {
  readonly wall: Date
  /** Milliseconds of the machine's monotonic clock; the same for every process since boot. */
  readonly monoMs: number
}

/** Whether something is well. Stated by whoever saw it, never inferred from True or False. */
export type Health = 'healthy' | 'problem' | 'unknown'

/** How bad, in rising order. `SEVERITIES` has the order. */
export type Severity = 'info' | 'warning' | 'error' | 'critical'

/** A condition's status in Kubernetes' words. */
export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** What status True says about health. Declared once for each condition type. */
export type Polarity = 'true-is-problem' | 'true-is-healthy'

/** What proves that a problem is gone. */
export type RecoveryRule =
  | { readonly kind: 'healthy-checks'; readonly count: number }
  | { readonly kind: 'absent'; readonly forMs: number }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'operator' }

/** The rules of a condition type that declares none. */
export const DEFAULT_RECOVERY: readonly RecoveryRule[] = [{ kind: 'healthy-checks', count: 2 }]

/** How a problem was closed. */
export type Proof = 'healthy-checks' | 'absent' | 'reboot' | 'operator' | 'withdrawn' | 'source-removed'

/** The number behind a verdict, beside its limits. */
export interface Evidence {
  readonly value: number
  /** For people: "%", "GiB", "ms"; "" for a plain count. */
  readonly unit: string
  readonly warning?: number | undefined
  readonly critical?: number | undefined
  /** True where small values are bad (memory available). */
  readonly lowIsBad: boolean
  /** What the number is: "used", "load per core". */
  readonly label: string
  /** One or two short sentences more: "7.6 GiB of 200 GiB free." */
  readonly detail: string
  /** Key of the metric series that holds this value over time ({@link seriesKey}); "" without one. */
  readonly metric: string
}

/** One condition as one check sees it now. */
export interface Observation extends Detail {
  readonly type: string
  /** "disk:/var"; "" means the node. */
  readonly entity: string
  readonly health: Health
  /** Meaningful while health is problem. */
  readonly severity: Severity
  /** CamelCase, for machines. */
  readonly reason: string
  readonly message: string
  /** A headline that stands alone: "/var is 96 % full". "" lets the model make one. */
  readonly summary: string
  readonly evidence?: Evidence | undefined
  readonly since?: Date | undefined
  /** The check's configured name. */
  readonly check: string
  /** Above a limit, but not for long enough yet: what was settled before stands; where nothing was, it is not known. */
  readonly pending?: boolean | undefined
  /** When the check looked; the same at every delivery of the same look, which counts once. Absent: now. */
  readonly observed?: Date | undefined
  /** Of a look that was asked for between two turns of its check: it adds nothing to a rule of several looks in a row. */
  readonly asked?: boolean | undefined
}

/** Something that happened. */
export interface NodeEvent {
  /** The same at every delivery. */
  readonly id: string
  readonly monitor: string
  readonly check: string
  readonly entity: string
  readonly severity: Severity
  readonly reason: string
  readonly message: string
  readonly firstSeen: Date
  readonly lastSeen: Date
  /** Absolute. */
  readonly count: number
  /** Who is named as its source where it is shown; of verbatim reasons only. Absent: the monitor. */
  readonly source?: string | undefined
}

/** A value that was measured, under a name and its labels. The unit is told by the declaration. */
export interface MetricSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** The check that measured it, where several of its kind may measure the same. Absent: the monitor as a whole. */
  readonly check?: string | undefined
}

/** That a check ran, and how. */
export interface CheckRun {
  readonly check: string
  readonly checkType: string
  readonly started: Date
  readonly durationUs: number
  /** "": it observed what it should. */
  readonly error: string
  readonly next?: Date | undefined
  readonly intervalMs: number
  /** Processor time of the monitor's main thread meanwhile, in microseconds, whatever else it did. Absent: not measured. */
  readonly costUs?: number | undefined
  /** Of the duration, in microseconds: in which the monitor had work and no processor. Absent: not measured. */
  readonly lateUs?: number | undefined
}

/** What names a condition of the node. */
export interface ConditionKey {
  readonly type: string
  readonly entity: string
}

/** A condition as one monitor says it. */
export interface SourceKey extends ConditionKey {
  readonly monitor: string
}

/** One message of a monitor. (incarnation, sequence) names it. */
export interface Report {
  readonly incarnation: number
  readonly sequence: number
  readonly time: Date
  readonly observations: readonly Observation[]
  readonly events: readonly NodeEvent[]
  readonly metrics: readonly MetricSample[]
  readonly runs: readonly CheckRun[]
  readonly withdrawn: readonly ConditionKey[]
  /**
   * Checks that have said every condition they watch since this incarnation began: what only an earlier incarnation
   * reported of them is no longer watched.
   */
  readonly complete: readonly string[]
  /** Values that this reader does not know, in words for the monitor's author; what stands for each is the cautious one. */
  readonly strange?: readonly string[] | undefined
}

/** What a monitor declares of a condition type. */
export interface ConditionType {
  readonly type: string
  readonly polarity: Polarity
  readonly description: string
  readonly shared: boolean
  /** Any of them proves it gone; never empty. */
  readonly recovery: readonly RecoveryRule[]
  /** Lane name; "{entity}" stands for the entity without its kind: "{entity} full". */
  readonly label: string
  /** Words for what proves it gone; "" is made from `recovery`. */
  readonly recoveryText: string
  readonly healthyReason: string
  readonly healthyMessage: string
  /** The source's word counts at once and as it is: no damping, no streak; texts as told, cleaned where they are shown. */
  readonly verbatim?: true | undefined
}

/** An event that a monitor declares it may send. */
export interface EventReason {
  readonly reason: string
  readonly severity: Severity
  readonly description: string
  /** Any of them proves its problem gone; never empty. Absent: an event of this reason opens no problem. */
  readonly recovery?: readonly RecoveryRule[] | undefined
  /** Reason and message of its events are told as they are, with the source that each names. */
  readonly verbatim?: true | undefined
}

/** Why a condition is not simply what its source says. */
export type Held = '' | 'gated' | 'unreachable' | 'unproven' | 'flapping' | 'pending'

/** A condition by source. */
export interface SourceCondition {
  readonly monitor: string
  /** What the source said last. */
  readonly observation: Observation
  /** What counts, after gates and damping. */
  readonly health: Health
  readonly held: Held
  /** When `health` last changed. */
  readonly since: Date
  /** When its check last really looked. */
  readonly observed: Date
  /** The last problem this source reported that nothing has disproved yet. */
  readonly raised?: Observation | undefined
  readonly healthyStreak: number
  /** Flap damping, as of `penaltyMonoMs`. */
  readonly penalty: number
  readonly penaltyMonoMs: number
  /** When a problem was last seen, on the monotonic clock. */
  readonly problemSeenMonoMs: number
  /** The report that said it last; the same report delivered again says nothing new. 0: not numbered. */
  readonly incarnation: number
  readonly sequence: number
  /** A person cleared it: looks up to this time say nothing any more. */
  readonly cleared?: Date | undefined
  /** While its looks are pending: what the last one found that was not. Absent: none ever was. */
  readonly settled?: SettledLook | undefined
  /** Its check ran without naming it, or tells no runs and it is a problem: it is proven by its own looks alone, not by runs of its check. */
  readonly byLook?: boolean | undefined
  /** Since when it explains what others find (beside.ts). In no bucket. */
  readonly explainsSince?: Date | undefined
  /** When a look last found it well. In no bucket. */
  readonly wellAt?: Date | undefined
}

/** What a look found that was not pending, and when it was made. */
export interface SettledLook {
  readonly health: Health
  readonly observed: Date
}

/** A condition merged over its sources. */
export interface NodeCondition extends Detail {
  readonly type: string
  readonly entity: string
  readonly status: ConditionStatus
  readonly health: Health
  readonly severity: Severity
  readonly reason: string
  readonly message: string
  readonly summary: string
  readonly since: Date
  readonly statusSince: Date
  readonly observed: Date
  /** Contributing monitors, worst first. */
  readonly sources: readonly string[]
  readonly check: string
  readonly evidence?: Evidence | undefined
  readonly polarity: Polarity
  readonly label: string
  readonly recovery: string
  readonly held: Held
  /** While unknown: what it was before. What comes back to the same keeps its times. */
  readonly settled?: Settled | undefined
  /** Proven by its looks alone, the last at `observed` (told in steps); else also by each run of its check since. */
  readonly byLook?: boolean | undefined
}

/** What a condition was before it became unknown. */
export interface Settled {
  readonly health: Health
  readonly since: Date
  readonly statusSince: Date
}

/** What a change did to a problem. */
export type ProblemPhase = 'opened' | 'changed' | 'resolved'

/** From first sight to proven recovery. (fingerprint, generation, revision) names one change of it. */
export interface Problem extends Detail {
  readonly fingerprint: string
  readonly generation: number
  readonly phase: ProblemPhase
  readonly revision: number
  readonly owner: string
  /** The monitor that says it; the owner of a type that several may report is {@link SHARED}. */
  readonly source: string
  readonly type: string
  readonly entity: string
  readonly severity: Severity
  readonly worst: Severity
  readonly reason: string
  readonly message: string
  readonly summary: string
  readonly label: string
  readonly recovery: string
  readonly evidence?: Evidence | undefined
  readonly opened: Date
  readonly changed: Date
  readonly resolved?: Date | undefined
  readonly proof?: Proof | undefined
  readonly proofText: string
  readonly check: string
  readonly fromEvent: boolean
  readonly lastSeen: Date
  readonly count: number
  /** Restored after a reboot; no check has looked since. */
  readonly unproven: boolean
  readonly flapping: boolean
  /** For problems from events: cleared when absent this long; 0 = not by absence. */
  readonly absentMs: number
  readonly lastSeenMonoMs: number
  /** What proves it gone, any of them, kept with it: its monitor may not be there to say so. Absent: not known. */
  readonly rules?: readonly RecoveryRule[] | undefined
  /** Its type, or the reason of its event, is verbatim. Its message is cut at {@link MAX_MESSAGE}. */
  readonly verbatim?: true | undefined
  /** Of a problem from events: when the last one that it counts was seen first, by its monitor's word. */
  readonly lastEvent?: Date | undefined
  /** When it was opened on the monotonic clock. 0: on that of an earlier boot. */
  readonly openedMonoMs: number
  /** Once resolved: how long it was open by the monotonic clock. 0: not known. */
  readonly openMs: number
}

/** Whether a monitor answers. Awaited: it never has since it was configured. */
export type MonitorHealth = 'awaited' | 'alive' | 'unreachable'

/**
 * How the connection to a monitor stands. `awaited`: nobody has listened on its socket yet; `connecting`: somebody is there and is asked
 * for the first time; `serving`: it answers; `failing`: it failed, fewer times in a row than its threshold; `paused`: as often, and it is
 * asked once per back-off; `lost`: all tries failed of which anything was expected, and it is asked once per largest back-off.
 */
export const CONNECTION_STATES = ['awaited', 'connecting', 'serving', 'failing', 'paused', 'lost'] as const
/** One of {@link CONNECTION_STATES}. */
export type ConnectionState = (typeof CONNECTION_STATES)[number]

/** The connection to a monitor. */
export interface MonitorConnection {
  readonly state: ConnectionState
  readonly since: Date
  /** What went wrong last, in words. "": nothing. */
  readonly why: string
  /** In a row, since it answered last. */
  readonly failures: number
  /** When it is asked again, unless its socket is made anew before. Absent where nothing is waited for. */
  readonly nextTry?: Date | undefined
}

/** What is known of a monitor as a process: whether it answers, its checks, what it did wrong. */
export interface MonitorState {
  readonly name: string
  readonly health: MonitorHealth
  readonly since: Date
  readonly version: string
  readonly description: string
  /** "nodedoctor.v1" or "npd.external.v1"; "" until it has answered. */
  readonly protocol: string
  readonly origin: 'built-in' | 'configured' | 'discovered'
  readonly socket: string
  readonly lastReport?: Date | undefined
  readonly lastError: string
  readonly lastErrorAt?: Date | undefined
  readonly incarnation: number
  readonly acknowledged: number
  readonly restarts: number
  readonly runs: readonly CheckRun[]
  readonly conditionTypes: readonly string[]
  readonly violations: number
  readonly reports: number
  /** The last violations in words, the last first, at most {@link VIOLATIONS_KEPT}. */
  readonly lastViolations: readonly ViolationRecord[]
  readonly metrics: readonly MetricDescriptor[]
  /** Absent of the detector itself, and before anything is known. */
  readonly connection?: MonitorConnection | undefined
}

/** Different violations of a monitor that are kept at most; the oldest goes. */
export const VIOLATIONS_KEPT = 16

/** Something a monitor did that its declaration or its limits do not allow. */
export interface ViolationRecord {
  readonly text: string
  readonly count: number
  readonly lastSeen: Date
}

/** A metric as its monitor declares it. */
export interface MetricDescriptor {
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  readonly unit: string
  /** How the page's graph of it is called. "": not drawn. */
  readonly title: string
}
