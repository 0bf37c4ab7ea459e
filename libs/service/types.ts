/** What every process does alike. A service is a value; a process is a list of services. */

import type { BusDoor } from '#bus'
import type { Clock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import type { Host } from '#host'
import type { RpcService } from '#rpc'
import type { FlagSpec, FlagValues } from './flags.ts'
import type { Metrics } from './metrics.ts'

/** Data of a log entry. Errors under `err` keep their cause. */
export interface LogFields {
  readonly monitor?: string
  readonly problem?: string
  readonly action?: string
  readonly err?: unknown
  readonly [field: string]: unknown
}

/** Constant texts, data in fields. `info` only for changes of state. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  child(fields: LogFields): Logger
}

/** What a service is given of its process and its machine. */
export interface ServiceContext<Config> {
  readonly name: string
  readonly version: string
  /** Name of the Kubernetes node, or the host's name where there is none. */
  readonly nodeName: string
  readonly config: Config
  /** "/run/node-doctor": sockets, credentials, the bus's store. */
  readonly runDir: string
  /** "/var/lib/node-doctor": what survives a reboot. */
  readonly stateDir: string
  readonly host: Host
  /** The way to the bus, over a server or within the process; nothing of it is loaded before it is asked for. */
  readonly bus: BusDoor
  readonly clock: Clock
  readonly log: Logger
  /** This service's own, those of its process among them; nothing registers globally. Who has the bus tells them there. */
  readonly metrics: Metrics
  /** Aborted when the service drains. */
  readonly signal: AbortSignal
  /** Drains this service alone, for good; a process whose services have all stopped ends. */
  readonly requestStop?: (reason: string) => void
  /** Says that readiness may have changed. Without it a change that nobody asks about is seen within 5 s. */
  readonly readinessChanged?: () => void
}

/** Whether a service works, or why not. */
export interface Readiness {
  readonly ready: boolean
  /** Why not: "waiting for the bus at nats://127.0.0.1:4222 for 4 s". */
  readonly reason: string
}

/** A running part. `start` resolves once it works (not once it is ready); `stop` is idempotent. */
export interface Service {
  /** What its socket serves beside health and reflection. Read once, after create. */
  readonly rpc: readonly RpcService[]
  /** Where its socket is. Default `<runDir>/<name>/<name>.sock`. */
  readonly socketPath?: string
  /** What says where its socket is, for errors: "--socket". Default "run directory". */
  readonly socketPlace?: string
  /** Where its files for probes stand (`alive`, `ready`). Default: the socket's folder. */
  readonly folder?: string
  start(signal: AbortSignal): Promise<void>
  /** Resolves with what made the service unable to go on; it is then drained and started again. */
  readonly failure?: Promise<unknown>
  readiness(): Readiness
  /** Takes nothing new, finishes or aborts what runs, flushes. At most the drain deadline (10 s). */
  stop(): Promise<void>
}

/** As much of a configuration as a process itself goes by. */
export interface ProcessConfig {
  readonly settings: Pick<
    NodeDoctorConfig['settings'],
    'nodeName' | 'runDir' | 'stateDir' | 'hostRoot' | 'logLevel' | 'logFormat'
  >
  readonly settingsInForce: { readonly set: readonly { readonly key: string }[] }
}

/**
 * A service as a value: its name, its slice of the configuration, and how it is made. `Full` is the configuration of its process:
 * Node Doctor's, but for a monitor that has none of that.
 */
export interface ServiceDefinition<Config, Full = NodeDoctorConfig> {
  readonly name: string
  readonly description: string
  /** What `stop` may take, in milliseconds. Default 10,000. */
  readonly drainDeadlineMs?: number
  /** Flags of its command line beside those of every service, where it has its process for itself. Default: none. */
  readonly flags?: readonly FlagSpec[]
  /**
   * The service's slice of the configuration. Pure.
   * @param flags what its own flags were given as
   */
  config(full: Full, flags: FlagValues): Config
  create(context: ServiceContext<Config>): Service | Promise<Service>
}
