/**
 * The bus: subjects for streams of facts, key-value buckets for state (docs/architecture.md, section 6). The one
 * wrapper of the `nats` client. Payloads are the protobuf messages of nodedoctor.v1.
 */
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import type {
  Event,
  Heartbeat,
  MetricBatch,
  MetricDescriptor,
  MetricSample,
  MonitorState,
  NodeCondition,
  Problem,
  SourceCondition,
  StoreMeta,
} from '#proto/nodedoctor/v1/types.ts'
import type { BucketName, StreamName } from '#service-table'

export type { BucketName, StreamName }

/** What a connection is doing. Closed: for good. */
export type BusState = 'connecting' | 'connected' | 'disconnected' | 'closed'

/** A connection that never gives up: it comes back by itself, reading its credentials anew at each attempt. */
export interface Bus {
  readonly state: BusState
  /** When `state` last changed. */
  readonly since: Date
  readonly url: string
  /** Why it is not connected; "" when it is. */
  readonly lastError: string
  /** Called at each change of state. Returns its own removal. */
  onState(listener: (state: BusState) => void): () => void
  /** Resolves when connected. Rejects when aborted or closed. */
  connected(signal?: AbortSignal): Promise<void>
  /** Flushes (at most 2 s) and closes. Idempotent. */
  close(): Promise<void>
}

/** The detector's half: it alone creates and writes. Every method rejects with a BusError when the store does not take it. */
export interface BusWriter {
  /**
   * Creates what is missing and compares the configuration of what is there, updating what may be updated.
   * Makes the durables of the consumers. Returns the store's identity; `fresh` when it was made now.
   */
  ensureStore(identity: { node: string; bootId: string }): Promise<{ meta: StoreMeta; fresh: boolean }>
  /** The whole state as the buckets have it. What cannot be decoded is counted, logged and left out. */
  readBack(): Promise<{
    sources: SourceCondition[]
    conditions: NodeCondition[]
    problems: Problem[]
    monitors: MonitorState[]
  }>
  /** Under the value's own key. A monitor goes without its longest lists where no message can hold it, and says so itself. */
  put<B extends StateBucket>(bucket: B, value: StateValue[B]): Promise<void>
  /** Whoever watches the bucket hears that it is gone; also where the bucket is full. */
  remove<B extends StateBucket>(bucket: B, key: StateKey[B]): Promise<void>
  /** nd.problem.<phase>.<type> on PROBLEMS. */
  publishProblem(value: Problem): Promise<void>
  /** nd.event.<severity>.<reason> on EVENTS (warning and up) or EVENTS_INFO. @returns its sequence there */
  publishEvent(value: Event): Promise<number>
  /** Core NATS, not kept; dropped silently while disconnected. @returns how many samples no message could hold */
  publishMetrics(value: MetricBatch): number
  publishHeartbeat(value: Heartbeat): void
  /** How many other services are on the bus now. */
  otherClients(): Promise<number>
  /** Which readers are on the bus now, by service. */
  presentReaders(): Promise<ReadonlySet<string>>
  /** The events of warning and up that no reader has taken yet, oldest first, at most `limit` of the newest. */
  untakenEvents(limit: number): Promise<Event[]>
  standingOf(stream: EventStream): Promise<StreamStanding>
  /** Hands on each event of a stream after this sequence, in order. What cannot be decoded is left out. */
  eventsAfter(stream: EventStream, after: number, each: (value: Event, sequence: number) => void): Promise<void>
}

/** Where a stream begins and ends, and up to where each of its readers has taken it. */
export interface StreamStanding {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly readers: readonly { readonly service: string; readonly takenUpTo: number }[]
}

/** Streams of events: warning and up, and info. */
export type EventStream = 'EVENTS' | 'EVENTS_INFO'

/** What readers see in each bucket. */
export interface BucketValue {
  node_conditions: NodeCondition
  problems: Problem
  monitors: MonitorState
}

/** What the detector writes into each bucket of state: what readers see, and `conditions`, which it alone reads back. */
export interface StateValue extends BucketValue {
  conditions: SourceCondition
}

/** A bucket of state, that of the detector alone among them. */
export type StateBucket = keyof StateValue

/** What of a value tells it from others of its bucket. */
export interface StateKey {
  conditions: { readonly monitor: string; readonly type: string; readonly entity: string }
  node_conditions: { readonly type: string; readonly entity: string }
  problems: { readonly fingerprint: string }
  monitors: { readonly name: string }
}

/** What is in each stream. */
export interface StreamValue {
  EVENTS: Event
  EVENTS_INFO: Event
  PROBLEMS: Problem
  REMEDIATIONS: RemediationRecord
}

/** A value of a bucket as it is now. */
export interface ValueNow<T> {
  readonly value: T
  /** Greater with each write of its bucket, and for one store alone: another store counts anew. */
  readonly revision: number
}

/** A journal of repairs, as whoever tells it sees it. */
export interface RecordSource {
  /** Its name: that of all records that it has now. Another one is told from its beginning. */
  readonly journal: string
  /** Records after that number, with journal and number, the oldest first; as many as are good to hold at a time, none: there are no more. */
  after(sequence: number): readonly RemediationRecord[] | Promise<readonly RemediationRecord[]>
}

/** A journal that is being told. */
export interface Publication {
  /** The journal has more, or is another. */
  wake(): void
  /**
   * Of this life: records told, and left out since no message could hold them; why the last could not be told yet ("": it could); and
   * whether there is more to tell than was told.
   */
  status(): {
    readonly told: number
    readonly refused: number
    readonly lastError: string
    readonly isWaiting: boolean
  }
  /** Resolves true when all is told, false after `withinMs`. */
  settled(withinMs: number): Promise<boolean>
}

/** What is told to whoever follows a bucket. */
export interface BucketHandler<T> {
  /** The bucket's whole content; at the start and again after every reconnection or new store. */
  snapshot(values: readonly T[]): void
  put(value: T): void
  /** The encoded key that went away; it may never have been told. Match it with {@link BusReader.keyOf}. */
  deleted(key: string): void
}

/** What a consumer is told beside the values. */
export interface StreamHandler<T> {
  /**
   * One message, in order. It is acknowledged when this resolves, delivered again when it rejects. `redelivered` is
   * a hint; use the value's identity to do nothing twice.
   */
  message(value: T, info: { sequence: number; time: Date; redelivered: boolean }): Promise<void>
  /** `missed` messages fell out of the stream before this consumer took them. */
  gap(missed: number): void
}

/**
 * Called once a stream could not be read for 10 s over one connection, with why (BusReaderUnknownError: the bus knows of no such
 * reader), and with undefined once it is read after that. A bus that is away says so itself.
 */
export type OnReadability = (why: Error | undefined) => void

/** What a service tells of itself. */
export interface Told {
  readonly samples: readonly MetricSample[]
  readonly described: readonly MetricDescriptor[]
}

/** The half of exporters and remediator. */
export interface BusReader {
  watchBucket<B extends BucketName>(bucket: B, handler: BucketHandler<BucketValue[B]>, signal: AbortSignal): void
  /**
   * Uses the durable `<service>` of that stream, made by the detector, or that of one of its lanes, which the layout names. Fetches nothing while `ready` says false: it is asked
   * again when `onReady` calls its listener (it may be ready now; what that returns ends it), and every 2 s as a net below that.
   * In memory every stream can be read.
   */
  consume<S extends StreamName>(
    stream: S,
    handler: StreamHandler<StreamValue[S]>,
    options: {
      signal: AbortSignal
      lane?: string
      ready?: () => boolean
      onReady?: (listener: () => void) => () => void
      onReadability?: OnReadability
    },
  ): void
  onHeartbeat(listener: (value: Heartbeat) => void): () => void
  /** What is told from now on. Before it what was told last may come, where the bus is in memory; a server keeps none. */
  onMetrics(listener: (value: MetricBatch) => void): () => void
  /** The store was made anew (or went backwards): everything known from it is void. */
  onNewStore(listener: (incarnation: string) => void): () => void
  /**
   * The service's own samples and what their names are, under its own name; not kept, dropped silently while disconnected.
   * Only where the layout lets it (`publishes`).
   */
  publishMetrics(told: Told): void
  /** The encoded key a value has in its bucket. */
  keyOf<B extends BucketName>(bucket: B, value: BucketValue[B]): string
  /**
   * What the store has under a key now, not what was heard of it; undefined: nothing. Rejects after `withinMs` (default 1 s) and
   * where the store cannot be asked, with BusUnavailableError or BusStoreError, also for what cannot be decoded.
   */
  get<B extends BucketName>(
    bucket: B,
    key: StateKey[B],
    withinMs?: number,
  ): Promise<ValueNow<BucketValue[B]> | undefined>
  /**
   * Hands on the records of repairs that the store has now, the last `limit`, the oldest first: for who has forgotten what it had
   * taken. What cannot be decoded is left out. Rejects with BusUnavailableError or BusStoreError.
   */
  readRecords(limit: number, each: (record: RemediationRecord) => void): Promise<void>
  /**
   * Tells a journal of repairs until the signal aborts: each record once, in order, all of it to a store that has none. Ticks are
   * not told. Only where the layout lets it write that stream.
   */
  publishRecords(source: RecordSource, signal: AbortSignal): Publication
}

/** What the detector writes into `<runDir>/<service>/bus.json` (0640) for each consumer. */
/** Paths of files. */
export interface BusTls {
  /** Who may have signed the server's certificate. */
  readonly ca: string
  /** What we prove ourselves with, where the server asks. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** How a service proves itself to the bus, and where the bus is. */
export interface BusCredentials {
  readonly url: string
  /** nkey seed of the service's user. Empty with an external server that needs none. */
  readonly seed: string
  readonly user: string
  /** Whose process the server is, by its user; absent with an external server. Checked at each connection. */
  readonly uid?: number
  /** How an external server proves itself. */
  readonly tls?: BusTls
  /** Prefix of JetStream's questions for this user. Absent: `$JS.API`, the server's own. */
  readonly api?: string
}

/** The part of a logger this room needs. */
export interface BusLog {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** A child process as the bus needs it. */
export interface RunningChild {
  readonly pid: number
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  kill(signal: NodeJS.Signals): boolean
}

/** How the embedded server's process is started. libs/host gives one; this room starts nothing itself. */
export interface ChildDoor {
  /** Rejects when the program cannot be started. `env` is added to the base environment. */
  spawn(
    file: string,
    args: readonly string[],
    options: { readonly env: Readonly<Record<string, string>>; readonly onLine: (line: string) => void },
  ): Promise<RunningChild>
}
