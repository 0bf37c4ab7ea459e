/**
 * What people are shown: the one shape behind `/status`, `/stream`, the page and the CLI. Everything here is plain
 * JSON (times are RFC 3339 strings), made from the model by one evaluator, so that all of them say the same.
 */
import type {
  ConnectionState,
  DetectorState,
  Evidence,
  Health,
  Held,
  MonitorHealth,
  Polarity,
  ProblemPhase,
  Proof,
  Severity,
} from '#model'
import type { DetailView } from './detail.ts'
import type { RemediationView, RepairView } from './repair-types.ts'
import type { Words } from './words.ts'

/** What colour and shape a thing has: problems by severity, and the three states that are none. */
export type Level = 'healthy' | 'info' | 'warning' | 'error' | 'critical' | 'unknown' | 'stale'

/** The answer to "is this node all right?", in one sentence and what stands behind it. */
export interface VerdictView {
  readonly level: Level
  /** "2 problems: /var is 96 % full, for 4 min; kubelet does not answer, for 20 s." */
  readonly sentence: readonly Words[]
  /** "28 other conditions proven healthy in the last 60 s." */
  readonly detail: readonly Words[]
  /** The page's title: "2 problems on worker-7". */
  readonly title: string
}

/** One condition of the node, merged over its sources. */
export interface ConditionView extends DetailView {
  /** "disk/DiskFull/var"-like path for links: `<monitor>/<type>/<entity>`. */
  readonly id: string
  readonly type: string
  readonly entity: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly health: Health
  readonly level: Level
  readonly severity: Severity
  readonly reason: string
  /** Whole, with its line breaks; {@link firstLine} is what of it stands in a table. */
  readonly message: string
  readonly label: string
  readonly since: string
  /** When a check last really looked. Absent: none ever did, and what stands here are the words of its configuration. */
  readonly proven?: string | undefined
  readonly monitor: string
  readonly sources: readonly string[]
  readonly check: string
  readonly polarity: Polarity
  readonly held: Held
  readonly recovery: string
  readonly evidence?: Evidence | undefined
}

/** One problem, open or resolved. */
export interface ProblemView extends DetailView {
  readonly fingerprint: string
  readonly generation: number
  readonly phase: ProblemPhase
  readonly revision: number
  readonly type: string
  readonly entity: string
  readonly level: Level
  readonly severity: Severity
  readonly worst: Severity
  readonly reason: string
  readonly message: string
  readonly summary: string
  readonly label: string
  readonly opened: string
  readonly changed: string
  readonly resolved?: string | undefined
  /** Once resolved: how long it was open, by the clock that nobody sets. 0: not known. */
  readonly openMs: number
  readonly proof?: Proof | undefined
  readonly proofText: string
  readonly recovery: string
  readonly evidence?: Evidence | undefined
  readonly monitor: string
  readonly check: string
  readonly lastSeen: string
  readonly count: number
  readonly unproven: boolean
  readonly flapping: boolean
  /** Link to its condition ({@link ConditionView.id}); "" for a problem from events. */
  readonly condition: string
  /** Fingerprint of the problem that it is the sum of, and says once more; it is neither counted nor listed beside it. */
  readonly sumOf?: string | undefined
  /** What was done about it, or holds that back. Absent: nothing is known of a repair. */
  readonly repair?: RepairView | undefined
}

/** The last run of one check. */
export interface CheckRunView {
  readonly check: string
  readonly checkType: string
  readonly last: string
  readonly durationMs: number
  readonly error: string
  readonly next?: string | undefined
  readonly intervalMs: number
}

/** How the detector's connection to a monitor stands. */
export interface ConnectionView {
  readonly state: ConnectionState
  readonly since: string
  /** What went wrong last. "": nothing. */
  readonly why: string
  /** In a row. */
  readonly failures: number
  /** When it is asked again, unless its socket is made anew before. */
  readonly nextTry?: string | undefined
}

/** One monitor: whether it lives, what it is, and the last run of each of its checks. */
export interface MonitorView {
  readonly name: string
  readonly health: MonitorHealth
  readonly level: Level
  readonly since: string
  readonly version: string
  readonly description: string
  readonly protocol: string
  readonly origin: 'built-in' | 'configured' | 'discovered'
  readonly socket: string
  readonly lastReport?: string | undefined
  readonly lastError: string
  readonly lastErrorAt?: string | undefined
  readonly restarts: number
  readonly checks: readonly CheckRunView[]
  readonly violations: number
  /** What it sent that it may not, in words, the last first. */
  readonly lastViolations: readonly ViolationView[]
  readonly reports: number
  /** Absent where the detector says nothing of it. */
  readonly connection?: ConnectionView | undefined
}

/** Something that a monitor sent and may not send, folded over its repeats. */
export interface ViolationView {
  readonly text: string
  readonly count: number
  readonly lastSeen: string
}

/** One event, folded over its repeats. */
export interface EventView {
  readonly id: string
  readonly monitor: string
  readonly check: string
  readonly entity: string
  readonly severity: Severity
  readonly reason: string
  readonly message: string
  readonly firstSeen: string
  readonly lastSeen: string
  readonly count: number
  /** Who is named as its source, in place of the monitor; only where the monitor names somebody. */
  readonly source?: string
}

/** A value of the configuration in force, and where it comes from. */
export interface SettingView {
  readonly key: string
  readonly value: string
  /** "config.yaml, line 41", "environment, NODE_NAME", "flag, --dry-run", "default". */
  readonly origin: string
}

/** A key of the configuration that has no effect here. */
export interface RefusedView {
  readonly key: string
  /** Why, and what to write in its place. */
  readonly text: string
  /** "config.yaml, line 41". */
  readonly origin: string
}

/** The whole node, as `/status` and the first message of `/stream` carry it. */
export interface NodeView {
  readonly node: {
    readonly name: string
    readonly address: string
    readonly bootId: string
    readonly booted?: string | undefined
    readonly version: string
  }
  /** When this was made, on the exporter's clock. */
  readonly at: string
  readonly verdict: VerdictView
  /** The detector behind it. `stale`: no heartbeat for 60 s; then every condition is Unknown, `DetectorUnreachable`. */
  readonly detector: {
    readonly state: DetectorState
    readonly lastHeartbeat?: string
    /** Its changes have not got through since then: what stands here is from that time. */
    readonly behindSince?: string
    /** Of a view that the detector itself answered with: other readers show what was then, its changes do not get through. */
    readonly readersSince?: string
    /** The same: values that other readers show as they were, since the bus refuses the newer ones. */
    readonly readersRefused?: number
    readonly lastReport?: string
  }
  readonly conditions: readonly ConditionView[]
  readonly problems: readonly ProblemView[]
  readonly resolved: readonly ProblemView[]
  readonly monitors: readonly MonitorView[]
  readonly settings: {
    readonly set: readonly SettingView[]
    readonly defaults: number
    readonly since: string
    /** The first of them. */
    readonly refused: readonly RefusedView[]
    /** How many there are. */
    readonly refusedCount: number
  }
  /** Of the node as a whole. */
  readonly remediation: RemediationView
}

/** One message of `/stream`. `node` comes first and after a gap; the others change parts of it. */
export type StreamMessage =
  | { readonly kind: 'node'; readonly node: NodeView }
  | {
      readonly kind: 'change'
      readonly at: string
      readonly verdict: VerdictView
      readonly conditions: readonly ConditionView[]
      readonly removed: readonly string[]
      readonly problems: readonly ProblemView[]
      readonly monitors: readonly MonitorView[]
      readonly events: readonly EventView[]
      readonly detector: NodeView['detector']
    }
  | { readonly kind: 'samples'; readonly at: string; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'beat'; readonly at: string; readonly detector: NodeView['detector'] }

/** `/history?range=1h|6h|1d|1w`: what the ribbon and the machine's graphs are drawn from. */
export interface HistoryView {
  readonly from: string
  readonly to: string
  /** How far back anything is known; the ribbon says so where it begins later than `from`. */
  readonly knownFrom: string
  /** "": whole. Else why it is not ("the history was damaged and starts anew"). */
  readonly note: string
  readonly lanes: readonly LaneView[]
  /** Times when the node or its agent was down. */
  readonly gaps: readonly {
    readonly from: string
    readonly to: string
    readonly kind: 'reboot' | 'agent-down'
    readonly text: string
  }[]
  readonly series: readonly SeriesView[]
}

/** One line of the ribbon: the states of a condition or of a monitor over time. */
export interface LaneView {
  /** {@link ConditionView.id}, "monitor:<name>" for a monitor's own lane, or "event:<fingerprint>". */
  readonly id: string
  readonly label: string
  readonly intervals: readonly {
    readonly from: string
    readonly to?: string | undefined
    readonly level: Level
    readonly reason: string
    readonly message: string
  }[]
  readonly ticks: readonly {
    readonly at: string
    readonly count: number
    readonly reason: string
    readonly message: string
  }[]
  readonly marks: readonly {
    readonly at: string
    readonly kind: 'monitor-restart' | 'remediation' | 'held-back'
    readonly text: string
  }[]
}

/** A graph of the machine: one value over time, `[epoch seconds, value | null]`. */
export interface SeriesView {
  /** `name{label="value"}`, the key in {@link StreamMessage} samples and {@link Evidence.metric}. */
  readonly key: string
  /** "": not among the machine's graphs; it is there for the evidence that names its key. */
  readonly title: string
  /** Of `points`, and of this key's value in {@link StreamMessage} samples. */
  readonly unit: string
  readonly min: number
  readonly max?: number | undefined
  readonly limit?: number | undefined
  readonly points: readonly (readonly [number, number | null])[]
}
