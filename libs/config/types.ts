/** The configuration in force: validated, defaults applied, durations as milliseconds, each value's origin known. */

import type { Status } from './dialects/go/types.ts'
import type { ConfigProblem } from './errors.ts'
import type { Filled, InForce } from './in-force.ts'
import type { Document } from './schema/document.ts'
import type { Origin } from './tree/tree.ts'

/** Worth knowing, no error. */
export interface ConfigNote {
  readonly key: string
  readonly text: string
  readonly origin: Origin
  /** Of a key of the Go Node Doctor's form: what became of it, and where it stands ("config.yaml:6:5"). */
  readonly dialect?: { readonly status: Status; readonly where: string } | undefined
}

/** `monitors[]`: one configured check. */
export type MonitorEntry = Omit<
  Filled<InForce<Document['monitors'][number]>, 'intervalMs' | 'timeoutMs' | 'when' | 'config'>,
  'remediation'
> & {
  readonly remediation?: RemediationEntry | undefined
  /** Which monitor serves this type by the catalogue ("system"); "" when none of ours does. */
  readonly monitor: string
  readonly origin: Origin
}

/** Keys of a block `remediation` as they are written: what they say is inherited, and has defaults, by libs/remedies. */
type Repair = InForce<NonNullable<Document['monitors'][number]['remediation']>>

/** `monitors[].remediation`, `plugins[].remediation`, and each of their `strategies`. */
export interface RemediationEntry extends Omit<Repair, 'strategies'> {
  readonly strategies: readonly RemediationEntry[]
}

/** Of `plugins[]`, in force under another name or not at all. */
type OtherForm = 'reconnectIntervalMs' | 'maxReconnectAttempts' | 'healthCheckIntervalMs' | 'bufferSize' | 'rules'

/** `plugins[]`: a monitor of somebody else's that is enabled. A type that it does not list: True is a problem, two healthy answers end it. */
export type PluginEntry = Omit<
  InForce<Document['plugins'][number]>,
  'enabled' | 'socketAddress' | 'remediation' | OtherForm
> & {
  readonly remediation?: RemediationEntry | undefined
  /** Absolute path of its socket. */
  readonly socketPath: string
  readonly origin: Origin
}

/** `remediation.actions[]`: a plug-in that carries out actions. */
export type ActionEntry = Omit<InForce<Document['remediation']['actions'][number]>, 'enabled' | 'socketAddress'> & {
  /** Absolute path of its socket. */
  readonly socketPath: string
}

/** `exporters.external[]`: a program of somebody else's that is told what our exporters are told. */
export type ExternalExporterEntry = Omit<
  InForce<Document['exporters']['external'][number]>,
  'enabled' | 'socketAddress'
> & {
  /** Absolute path of its socket. */
  readonly socketPath: string
}

/** A file of node-problem-detector's that `npd` names. */
export interface NpdFile {
  /** Absolute; of a folder that cannot be read the folder's. */
  readonly path: string
  /** What it is read as; "unknown" where neither the configuration nor its content says it. */
  readonly kind: 'log' | 'plugin' | 'stats' | 'external' | 'unknown'
  /** The name of its check, which stands in `monitors`, or of an external monitor's in `plugins`; "" where the file cannot be used. */
  readonly entry: string
  /** Why it cannot be used, each with its place in the file. */
  readonly faults: readonly ConfigProblem[]
  /** What works otherwise than it reads. */
  readonly warnings: readonly ConfigProblem[]
  readonly origin: Origin
}

/** One of `exporters.http.endpoints`: a handler that is not named there is served at its own path (HANDLERS of parts.ts). */
export type HttpEndpoint = NodeDoctorConfig['exporters']['http']['endpoints'][number]

/** Keys that say what the document is, and lists whose entries are put together with what else is known of them. */
type Apart = '$schema' | 'apiVersion' | 'kind' | 'metadata' | 'defaultMonitors' | 'monitors' | 'plugins' | 'npd'

/** The document's sections by the rule of in-force.ts; their keys are explained by the schema. */
type Sections = InForce<Omit<Document, Apart>>
type Exporters = Sections['exporters']

/** The sections with what is computed where nobody writes it: libs/config/assemble.ts says how. */
interface Computed {
  readonly settings: Filled<
    Sections['settings'],
    'nodeName' | 'updateIntervalMs' | 'enableRemediation' | 'logFormat' | 'runDir' | 'stateDir'
  >
  readonly bus: Filled<Sections['bus'], 'storeDir'>
  readonly detector: Filled<Sections['detector'], 'monitorDirs'>
  readonly exporters: Omit<Exporters, 'http' | 'prometheus' | 'external'> & {
    /** Those that are enabled. */
    readonly external: readonly ExternalExporterEntry[]
    readonly http: Filled<Exporters['http'], 'tlsCertFile' | 'tlsKeyFile'>
    readonly prometheus: Filled<Exporters['prometheus'], 'bindAddress'>
  }
  readonly remediation: Omit<Filled<Sections['remediation'], 'enabled'>, 'actions'> & {
    /** Those that are enabled. */
    readonly actions: readonly ActionEntry[]
  }
}

/** The configuration in force. */
export interface NodeDoctorConfig extends Omit<Sections, keyof Computed>, Computed {
  /** File it was read from; "" for the embedded default alone. */
  readonly file: string
  readonly name: string
  /** Those of `monitors`, and behind them one for each file of `npd` that can be used. */
  readonly monitors: readonly MonitorEntry[]
  /** Those of `plugins`, and behind them one for each file of an external monitor that can be used. */
  readonly plugins: readonly PluginEntry[]
  readonly npd: {
    /** In the order in which they are named; a folder's by their names. */
    readonly files: readonly NpdFile[]
    /** Bugs that are brought back: "B2". */
    readonly compat: readonly string[]
  }
  /** Every built-in monitor, and whose condition types are its own by the checks that are configured. */
  readonly catalog: readonly {
    readonly monitor: string
    /** Of which it alone may speak. */
    readonly conditionTypes: readonly string[]
    /** Of which every monitor may speak that has them here. */
    readonly sharedTypes: readonly string[]
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
