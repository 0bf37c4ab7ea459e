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
} from '#model'
import type { Clock, Logger } from '#service'

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
}

/** What one run of a check says. */
export interface CheckResult {
  readonly findings: readonly Finding[]
  readonly events?: readonly Happening[]
  readonly metrics?: readonly MetricSample[]
  /** Conditions no longer watched (a file system that was unmounted). */
  readonly withdrawn?: readonly ConditionKey[]
  /**
   * What there is to watch could not be looked for (the list of mounts cannot be read): what this run does not name is
   * not gone. Default false. A run that is whole names everything that the check watches, from the second one on; also
   * what is pending, or needs two readings.
   */
  readonly partial?: boolean
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
export interface CheckContext<Config> {
  readonly config: Config
  /** The check's configured name. */
  readonly name: string
  readonly host: Host
  readonly clock: Clock
  readonly log: Logger
  readonly memory: CheckMemory
  /** Aborted at the check's timeout. */
  readonly signal: AbortSignal
}

/** Looks once. */
export interface RunCheck<Config> {
  (context: CheckContext<Config>): Promise<CheckResult>
  /**
   * A person said that this is over: a check that latches lets go of it, and counts what must last anew. Never called
   * while a run is under way. The next look says again what is still there.
   */
  cleared?(word: ClearedWord): void
}

/** A metric a check reports. `title` non-empty: the page draws it among the machine's graphs. */
export interface MetricSpec {
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  readonly unit: string
  readonly title?: string
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

/** A check as `defineCheck` takes it. Its own conditions, events and metrics are those of every instance. */
export interface CheckDefinition<Config> extends Declaration {
  /** What `monitors[].type` says: "disk-health-check". */
  readonly type: string
  /** Other names for the same ("system-disk" of the Go Node Doctor). */
  readonly aliases?: readonly string[]
  readonly description: string
  readonly intervalMs: number
  readonly timeoutMs: number
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
   * cannot look, with the error as its message; its neighbours run on.
   */
  declare?(config: Config): Declaration
  /**
   * Where the configuration names every condition type of `declare`: "rules[].condition". They are read there without this
   * code, so that they are this monitor's also while it is down; what does not stand there may not be declared.
   */
  readonly typesFrom?: readonly string[]
  /**
   * Makes the check's own memory (last counters, streaks) for one configured instance and returns its run function.
   * Runs never overlap. A throw becomes unknown for all its conditions, with the error as message.
   */
  create(context: Omit<CheckContext<Config>, 'signal'>): RunCheck<Config>
}

/** A monitor as `defineMonitor` takes it. */
export interface MonitorDefinition {
  /** "system": also the socket's name, <runDir>/monitors/system/system.sock. */
  readonly name: string
  readonly description: string
  // biome-ignore lint/suspicious/noExplicitAny: a registry holds checks of every configuration type
  readonly checks: readonly CheckDefinition<any>[]
}

/** One entry of `monitors[]` that this monitor serves. */
export interface CheckInstance {
  readonly name: string
  readonly type: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly config: unknown
  readonly dependsOn: readonly string[]
  /** On which machines it runs; default on all. */
  readonly when?: PlaceName
}
