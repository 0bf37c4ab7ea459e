/** The SDK: write a check, get a conforming monitor process. */
import type { PlaceName } from '#config'
import type { Host } from '#host'
import type {
  ConditionKey,
  ConditionType,
  Detail,
  EventReason,
  Evidence,
  Health,
  MetricSample,
  RecoveryRule,
  Severity,
  TypesOfWords,
} from '#model'
import type { Stopwatch } from '#probe'
import type { Clock, FlagSpec, Logger } from '#service'

/** What a check found of one condition. Failing to look is `unknown` with a reason, never problem, never healthy. */
export interface Finding extends Omit<Detail, 'observeOnly'> {
  readonly type: string
  /** "disk:/var"; default "" (the node). */
  readonly entity?: string
  readonly health: Health
  /** Default "warning" for a problem. */
  readonly severity?: Severity
  readonly reason: string
  readonly message: string
  /** Headline for people: "/var is 96 % full". */
  readonly summary?: string
  readonly evidence?: Evidence
  readonly since?: Date
  /**
   * When it was looked, of what is not looked at in each run: told again with the time of its own look it is the same word, which
   * proves nothing twice and takes no proof back. Default: when the run began.
   */
  readonly observed?: Date | undefined
  /**
   * Above a limit, but not for long enough yet (sustained checks, also right after a restart of the monitor):
   * the condition stays as it was, healthy or problem; it is unknown while it was neither. Health should be "healthy" then.
   */
  readonly pending?: boolean
  /** It is told and never acted on. Default false. */
  readonly observeOnly?: boolean | undefined
}

/** Something the check saw happen since its last run. */
export interface Happening {
  readonly reason: string
  readonly severity: Severity
  readonly message: string
  readonly entity?: string
  readonly at?: Date
  readonly count?: number
  /** Who is named as its source in place of the monitor; of verbatim reasons only. */
  readonly source?: string
  /**
   * What it is known by at its source (boot id and sequence of a kernel line, and the rule): told again after a kill it is the
   * same event, and nobody does anything twice by it. At most 256 characters. Default: it is known by its report, and
   * repeats of one second are counted together.
   */
  readonly key?: string
}

/** What one run of a check says. */
export interface CheckResult {
  readonly findings: readonly Finding[]
  readonly events?: readonly Happening[]
  /** All that it measures, or nothing: who begins to watch is told what was said last, if that was within three intervals. */
  readonly metrics?: readonly MetricSample[]
  /** Conditions no longer watched (a file system that was unmounted). */
  readonly withdrawn?: readonly ConditionKey[]
  /**
   * What there is to watch could not be looked for (the list of mounts cannot be read): what this run does not name is
   * not gone. Default false. A run that is whole names everything that the check watches, from the second one on; also
   * what is pending, or needs two readings.
   */
  readonly partial?: boolean
  /**
   * What of it could not be looked at, while the rest could and is told: the error of its run, for those who ask how its checks do.
   * Of a condition that could not be seen it is told by a finding that is unknown. Default: nothing.
   */
  readonly incomplete?: string
}

/**
 * What a check knows beyond its process: facts about this boot, such as "was writable" or a counter's last value. Kept in
 * the monitor's run folder, so it outlives kill -9 and the pod, and is gone at a reboot. Best effort: what cannot be
 * kept or read is not there, so a check must be true without it.
 */
export interface CheckMemory {
  /** What was remembered last, by whichever process of this boot; undefined: nothing. It is a file: hold it to a schema. */
  recall(): Promise<unknown>
  /** Writes it on its own when it has changed: nobody waits for it. @param facts JSON of at most 64 KiB */
  remember(facts: unknown): void
}

/** A person's word that a condition is over. */
export interface ClearedWord extends ConditionKey {
  readonly by: string
  readonly why: string
}

/** What a run of a check is given. */
export interface CheckContext<Config, Shared = unknown> {
  readonly config: Config
  /** The check's configured name. */
  readonly name: string
  /** From one of its turns to the next, as configured. */
  readonly intervalMs: number
  /** The node's, as the API server calls it. */
  readonly nodeName: string
  /** How long a run of it may take, as configured. */
  readonly timeoutMs: number
  readonly host: Host
  readonly clock: Clock
  /** How long others take: what of that was this process's own doing is said with it, so that nobody is accused of it. */
  readonly stopwatch: Stopwatch
  readonly log: Logger
  readonly memory: CheckMemory
  /** What all checks of the monitor have together, as `shared` of its definition made it; undefined where it makes nothing. */
  readonly shared: Shared
  /**
   * Of those that the definition names, what a caller of `npd.external.v1` CheckHealth set for this answer alone. Such a run
   * changes nothing that the check keeps, and is told to nobody else. Empty in every other run.
   */
  readonly parameters: Readonly<Record<string, string>>
  /**
   * Somebody asked for this look between two turns (`nodedoctor.v1` Check). It shows what is so and is told to all, and counts as none in
   * a row: {@link createLook} sees to that, and a check that keeps something in another way has to. Absent: it is a turn.
   */
  readonly isAsked?: true | undefined
  /** Makes its next turn come now: an event says that something may have changed. Many at once are one. */
  wake(): void
  /**
   * A folder of this check alone that outlives a reboot, below the state directory; made when it is first asked for.
   * Rejects with StateFolderError where it cannot be made.
   */
  stateFolder(): Promise<string>
  /** Aborted at the check's timeout. */
  readonly signal: AbortSignal
}

/** How something is told. */
export interface TellOptions {
  /**
   * What its source was read up to with this, as JSON of at most 4 KiB. It is kept once the detector has acknowledged the report
   * (and all before it), and given to `follow` of the next process.
   */
  readonly cursor?: unknown
}

/**
 * Tells at once what was found or happened. Resolves when there is room for more: a follower that waits for it reads its
 * source no faster than it is taken, and loses nothing while nobody takes it. Rejects with why it cannot be told, or when the
 * following has ended; after that nothing more is told. It is told as of the moment of the call.
 */
export type Tell = (said: CheckResult, options?: TellOptions) => Promise<void>

/** What a check is given that follows its source. */
export interface FollowContext<Config, Shared = unknown> extends Omit<CheckContext<Config, Shared>, 'signal'> {
  /**
   * The cursor to go on from: the last whose report was acknowledged, by whichever process; after a failure the last that was
   * told. Undefined: none. It is a file: hold it to a schema.
   */
  readonly cursor: unknown
  /**
   * Whether an earlier process's cursor could be looked for. False only for a check that {@link CheckDefinition.followsBeforeCursor}: there
   * may be one, and once it can be read this life is ended and another begins with it.
   */
  readonly isCursorKnown: boolean
  /**
   * It follows its source: that could be read, and what stands there was told (`caught-up` of a tail). To be said by each life that
   * may have nothing to tell, any number of times. Until then, or until it tells something, what an earlier life said stays
   * unknown, however long that takes, and no turn says that it has named all there is.
   */
  following(): void
}

/**
 * Follows a source (a log, a socket, the kernel) for as long as it is not aborted, and tells at once. It begins by telling what
 * is there. A throw, or an end, makes unknown what no turn proves, and it begins anew: after half a second, later each time. So
 * does one whose source says that it cannot be read (`unreadable` of a tail): it throws. Once it says that it is
 * {@link FollowContext.following}, or tells something, what it had said is so again, since when it was so; of what it never said it
 * is not known what it is.
 */
export type Follow<Config, Shared = unknown> = (
  context: FollowContext<Config, Shared>,
  tell: Tell,
  signal: AbortSignal,
) => Promise<void>

/** Looks once. */
export interface RunCheck<Config, Shared = unknown> {
  (context: CheckContext<Config, Shared>): Promise<CheckResult>
  /**
   * A person said that this is over: a check that latches lets go of it, and counts what must last anew. Never called
   * while a run is under way. The next look says again what is still there.
   */
  cleared?(word: ClearedWord): void
  /** As `follow` of the definition, for a check whose turns and whose following share what they keep. */
  readonly follow?: Follow<Config, Shared>
}

/** A metric a check reports. `title` non-empty: the page draws it among the machine's graphs. */
export interface MetricSpec {
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  readonly unit: string
  readonly title?: string
  /** It is called as another program calls it: letters, digits and "_" in any case. [false] */
  readonly verbatim?: boolean
}

/** What proves a problem gone: a rule, or several, any of which is enough. */
export type Recovery = RecoveryRule | readonly RecoveryRule[]

/** A reason of events as a check declares it; without `recovery` its events open no problem. */
export interface EventSpec extends Omit<EventReason, 'recovery' | 'verbatim'> {
  readonly recovery?: Recovery | undefined
  /** Its events tell what another source says, word by word ({@link EventReason.verbatim}). [false] */
  readonly verbatim?: boolean
}

/** A type as a check declares it; what is left out has the default in brackets. */
export interface ConditionSpec
  extends Pick<ConditionType, 'type' | 'description' | 'label' | 'healthyReason' | 'healthyMessage'> {
  /** ['true-is-problem'] */
  readonly polarity?: ConditionType['polarity']
  /** [false] */
  readonly shared?: boolean
  /** [{ kind: 'healthy-checks', count: 2 }] */
  readonly recovery?: Recovery
  readonly recoveryText?: string
  /** The check tells what another source says, word by word ({@link ConditionType.verbatim}). [false] */
  readonly verbatim?: boolean
  /** Documentation of docs/monitors.md: where the fact comes from ("/proc/meminfo MemAvailable"). */
  readonly source: string
  /** "85 % used" */
  readonly warning: string
  readonly critical: string
  /** "at once", "3 checks in a row" */
  readonly sustained: string
}

/** What a check may say. What it says beside that is not told. */
export interface Declaration {
  readonly conditions: readonly ConditionSpec[]
  readonly events?: readonly EventSpec[]
  readonly metrics?: readonly MetricSpec[]
}

/** A check as a value. Its own conditions, events and metrics are those of every instance. */
export interface CheckDefinition<Config, Shared = unknown> extends Declaration {
  /** What `monitors[].type` says: "disk-health-check". */
  readonly type: string
  /** Other names for the same ("system-disk" of the Go Node Doctor). */
  readonly aliases?: readonly string[]
  readonly description: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** On which machines it runs where nobody says it (`monitors[].when`). Default on all. */
  readonly when?: PlaceName
  /**
   * It asks others than its node: when it has its turns is told by the node's and its own name, so that a fleet that was started at
   * once does not ask in the same second, and nobody waits for its first run to call the monitor ready. Default false.
   */
  readonly leavesNode?: boolean
  /**
   * How many entries of `monitors[]` may be of this type. Default "one". Of "many" each is told apart by its name: that is
   * the entity of what it says without one.
   */
  readonly instances?: 'one' | 'many'
  /**
   * Where the configuration names what an instance looks at ("paths[].path"): there may be one instance for each, and none
   * beside one that names nothing and so looks at all. For checks of which there is one.
   */
  readonly apartBy?: string
  /**
   * What this instance may say beside that, since its configuration alone knows it. Pure. A throw makes it a check that
   * cannot look, with the error as its message; its neighbours run on. A condition type that every instance may say stands in its
   * place here, in other words or of other polarity: as its configuration has it.
   */
  declare?(config: Config): Declaration
  /**
   * Where the configuration names every condition type of `declare`: "rules[].condition". They are read there without this
   * code, so that they are this monitor's also while it is down; what does not stand there may not be declared.
   */
  readonly typesFrom?: readonly string[]
  /** Where a word in the configuration stands for condition types of `declare`, and for which: `{ 'packs[]': { storage: ['DiskLost'] } }`. */
  readonly typesOf?: TypesOfWords
  /**
   * Makes the check's own memory (last counters, streaks) for one configured instance and returns its run function.
   * Runs never overlap. A throw becomes unknown for all its conditions, with the error as message.
   */
  create(context: Omit<CheckContext<Config, Shared>, 'signal'>): RunCheck<Config, Shared>
  /** Follows a source beside its turns, or in their place. */
  readonly follow?: Follow<Config, Shared>
  /**
   * It follows also while its cursor cannot be read (a disk that does not answer, EIO): after a second, from no cursor
   * ({@link FollowContext.isCursorKnown}), and of what it tells then no cursor is kept. For one that loses nothing by that and tells
   * nothing anew: what happened has a `key`, and what it cannot know yet is not said to be well. Default false: nothing is begun, and
   * its conditions are unknown, with why.
   */
  readonly followsBeforeCursor?: boolean
  /** Names of the parameters that a caller of `npd.external.v1` CheckHealth may set for his answer. Default: none. */
  readonly parameters?: readonly string[]
}

/** A check as `defineCheck` takes it: it has turns, or follows a source, or both. */
export type CheckSpec<Config, Shared = unknown> =
  | CheckDefinition<Config, Shared>
  | (Omit<CheckDefinition<Config, Shared>, 'create' | 'follow'> & { readonly follow: Follow<Config, Shared> })

/** What a monitor makes its shared value from: what several checks ask the same of (an API server, a container runtime) stands there. */
export interface SharedContext
  extends Pick<CheckContext<unknown>, 'nodeName' | 'host' | 'clock' | 'stopwatch' | 'log' | 'stateFolder'> {
  /** `settings.kubeconfig`: the file by which the API server is asked; undefined: none is set, and it is a pod's own account. */
  readonly kubeconfig: string | undefined
  /** Aborted when the monitor stops, before the value is closed. */
  readonly signal: AbortSignal
}

/** What a flag of a monitor's own changes. */
export interface FlagEffect {
  /** Keys of its checks' configuration, by the check's type: they hold in place of what is configured. */
  readonly checks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The version that it says it is of, in place of that of Node Doctor. */
  readonly version?: string
}

/** A flag of one monitor's command line, where it has its process for itself; with one dash or two, as in Go. */
export interface MonitorFlag extends Omit<FlagSpec, 'parse'> {
  /**
   * @param text what was given
   * @throws an error whose message says what is expected: "expected a whole number of °C from 1 to 150"
   */
  parse(text: string): FlagEffect
}

/** A monitor as `defineMonitor` takes it. */
export interface MonitorDefinition {
  /** "system": also the socket's name, <runDir>/monitors/system/system.sock. */
  readonly name: string
  readonly description: string
  // biome-ignore lint/suspicious/noExplicitAny: a registry holds checks of every configuration type
  readonly checks: readonly CheckDefinition<any, any>[]
  /**
   * Makes one value for all its checks (a probe of which one runs at a time), once, when the monitor is made with a check. It is
   * closed when the monitor has stopped: by `Symbol.asyncDispose`, `Symbol.dispose` or `close`, whichever it has.
   */
  shared?(context: SharedContext): unknown
  /** Flags of its own beside `--socket`. Default: none. */
  readonly flags?: readonly MonitorFlag[]
}

/** One entry of `monitors[]` that this monitor serves. */
export interface CheckInstance {
  readonly name: string
  readonly type: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly config: unknown
  readonly dependsOn: readonly string[]
  /** Names of checks whose critical problems explain those of this one. Default none. */
  readonly explainedBy?: readonly string[]
  /** On which machines it runs; default on all. */
  readonly when?: PlaceName
}
