/** The configuration in force: validated, defaults applied, durations as milliseconds, each value's origin known. */

/** Where a value comes from. `text` is for people: "config.yaml, line 41", "environment, NODE_NAME", "flag, --dry-run=false". */
export interface Origin {
  readonly layer: 'default' | 'file' | 'environment' | 'flag'
  readonly text: string
}

/** Worth knowing, no error. */
export interface ConfigNote {
  readonly key: string
  readonly text: string
  readonly origin: Origin
}

/** `monitors[]`: one configured check. */
export interface MonitorEntry {
  readonly name: string
  /** "disk-health-check". */
  readonly type: string
  readonly enabled: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
  /** The check's own keys, validated against the catalogue, defaults applied. */
  readonly config: Readonly<Record<string, unknown>>
  readonly dependsOn: readonly string[]
  readonly remediation?: RemediationEntry | undefined
  /** Which monitor serves this type by the catalogue ("system"); "" when none of ours does. */
  readonly monitor: string
  readonly origin: Origin
}

export interface RemediationEntry {
  readonly enabled: boolean
  readonly strategy: string
  /** The systemd unit of `systemd-restart`. */
  readonly service?: string | undefined
  /** The program of `custom-script`, and its arguments. */
  readonly scriptPath?: string | undefined
  readonly args?: readonly string[] | undefined
  /** The interface of `restart-interface`. */
  readonly interface?: string | undefined
  readonly cooldownMs: number
  readonly maxAttempts: number
}

/** A third-party monitor named in the configuration (`plugins[]`). */
export interface PluginEntry {
  readonly name: string
  /** Absolute path of its socket. */
  readonly socketPath: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly parameters: Readonly<Record<string, string>>
  /** What its condition types mean; a type not listed has True = problem, recovery by 2 healthy answers. */
  readonly conditions: readonly {
    readonly type: string
    readonly polarity: 'true-is-problem' | 'true-is-healthy'
    readonly shared: boolean
  }[]
  readonly origin: Origin
}

export interface HttpEndpoint {
  readonly path: string
  readonly handler: string
}

export interface NodeDoctorConfig {
  /** File it was read from; "" for the embedded default alone. */
  readonly file: string
  readonly name: string
  readonly settings: {
    readonly nodeName: string
    readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
    readonly logFormat: 'json' | 'pretty'
    readonly runDir: string
    readonly stateDir: string
    /** Prefix of the host's root: "" or "/host". */
    readonly hostRoot: string
    /** Seed's `updateInterval`: default interval of a check that names none. */
    readonly updateIntervalMs: number
    readonly enableRemediation: boolean
    readonly dryRunMode: boolean
    /** Access to the API server from outside of a pod; undefined: the pod's own account. */
    readonly kubeconfig?: string | undefined
  }
  readonly bus: {
    /** "": the detector runs nats-server itself. */
    readonly url: string
    /** Preferred loopback port of the embedded server; another is taken if this one is in use. 4222 */
    readonly port: number
    /** "": `<runDir>/bus`. */
    readonly storeDir: string
    readonly maxStoreBytes: number
    /** Paths of files with which an external server proves itself, and we to it. */
    readonly tls?:
      | { readonly ca: string; readonly cert?: string | undefined; readonly key?: string | undefined }
      | undefined
  }
  readonly detector: {
    /** Folders searched for sockets of third-party monitors. */
    readonly monitorDirs: readonly string[]
    readonly discovery: boolean
    /** How long nobody may listen on a monitor's socket before it is lost. 30 s */
    readonly lostAfterMs: number
    /** When a discovered monitor that is gone is forgotten. 1 h */
    readonly forgetAfterMs: number
    readonly limits: {
      readonly messageBytes: number
      readonly reportsPerSecond: number
      readonly conditionsPerMonitor: number
      readonly eventsPerReport: number
      readonly entitiesPerType: number
    }
  }
  readonly monitors: readonly MonitorEntry[]
  readonly plugins: readonly PluginEntry[]
  readonly exporters: {
    readonly kubernetes: {
      readonly enabled: boolean
      readonly updateIntervalMs: number
      readonly resyncIntervalMs: number
      readonly heartbeatIntervalMs: number
      /** Before every type on the node that `conditionTypes` does not name. "" */
      readonly conditionPrefix: string
      /** Our condition type → the node's; "" keeps it away from the node. */
      readonly conditionTypes: Readonly<Record<string, string>>
      /** Our condition types that always stand on the node, and those that never do. */
      readonly conditions: { readonly always: readonly string[]; readonly never: readonly string[] }
      /** Of plug-ins that nobody configured: before their types on the node, and those that have none before them. */
      readonly discovered: { readonly prefix: string; readonly types: readonly string[] }
      /** Who marks what it wrote; "": by the pod. */
      readonly installation: string
      readonly annotations: boolean
      readonly events: {
        readonly enabled: boolean
        readonly minSeverity: 'info' | 'warning' | 'error' | 'critical'
        readonly maxEventsPerMinute: number
        readonly burst: number
        readonly deduplicationWindowMs: number
      }
    }
    readonly http: {
      readonly enabled: boolean
      readonly bindAddress: string
      /** Names that a request may call it by, beside addresses, localhost and the node's name. */
      readonly hosts: readonly string[]
      readonly hostPort: number
      readonly tlsEnabled: boolean
      readonly tlsCertFile: string
      readonly tlsKeyFile: string
      /** Those that are written. A handler that is not named here is served at its own path (HANDLERS of parts.ts). */
      readonly endpoints: readonly HttpEndpoint[]
      readonly history: { readonly enabled: boolean; readonly maxBytes: number; readonly retentionMs: number }
    }
    readonly prometheus: {
      readonly enabled: boolean
      readonly bindAddress: string
      readonly port: number
      readonly path: string
      /** Prefix of every metric's name. "node_doctor" */
      readonly namespace: string
    }
  }
  readonly remediation: {
    readonly enabled: boolean
    readonly dryRun: boolean
    readonly maxRetriesPerHour: number
    readonly cooldownPeriodMs: number
    readonly circuitBreakerThreshold: number
    readonly circuitBreakerTimeoutMs: number
  }
  /** Which built-in monitor owns which condition types. */
  readonly catalog: readonly {
    readonly monitor: string
    readonly conditionTypes: readonly string[]
  }[]
  /** Parts that the configuration asks for and that are not built: each is shown as a problem (`MonitorMissing`). */
  readonly missing: readonly {
    readonly key: string
    readonly what: string
    readonly reason: string
    readonly origin: Origin
  }[]
  /** What somebody should know and that is no error: a fallback that was taken, another name of a key. Absent: nothing. */
  readonly notes?: readonly ConfigNote[] | undefined
  /** Every value that is not a default, by dotted key, with secrets hidden; and how many are defaults. */
  readonly settingsInForce: {
    readonly set: readonly { key: string; value: string; origin: Origin }[]
    readonly defaults: number
  }
}
