/** What the store holds, as data: streams, buckets, limits, who reads what (docs/architecture.md, section 6). */
import { type LaneList, readersOf, SERVICES, type ServiceTable } from '#service-table'
import { durableOf } from './tokens.ts'
import type { BucketName, StreamName } from './types.ts'

const HOUR_MS = 3_600_000
const MIB = 1024 * 1024

export interface StreamLayout {
  readonly name: StreamName
  readonly subjects: readonly string[]
  readonly maxAgeMs: number
  readonly maxBytes: number
  /** Its messages are also read by their numbers, by who writes and who reads it: what it holds is what they remember. */
  readonly isReadBack?: true
}

/** Every stream: its subjects, its age, its size. */
export const STREAMS: readonly StreamLayout[] = [
  {
    name: 'EVENTS',
    subjects: ['nd.event.warning.*', 'nd.event.error.*', 'nd.event.critical.*'],
    maxAgeMs: 24 * HOUR_MS,
    maxBytes: 16 * MIB,
  },
  { name: 'EVENTS_INFO', subjects: ['nd.event.info.*'], maxAgeMs: 24 * HOUR_MS, maxBytes: 8 * MIB },
  { name: 'PROBLEMS', subjects: ['nd.problem.*.*'], maxAgeMs: 168 * HOUR_MS, maxBytes: 8 * MIB },
  {
    name: 'REMEDIATIONS',
    subjects: ['nd.remediation.*.*'],
    maxAgeMs: 168 * HOUR_MS,
    maxBytes: 8 * MIB,
    isReadBack: true,
  },
]

/** Buckets and their largest size. Bounded by what the detector admits, with room to spare. */
export type AnyBucket = BucketName | 'conditions' | 'meta'

/** Every bucket, and how large it may grow. */
export const BUCKETS: Readonly<Record<AnyBucket, { readonly maxBytes: number }>> = {
  conditions: { maxBytes: 16 * MIB },
  node_conditions: { maxBytes: 16 * MIB },
  problems: { maxBytes: 8 * MIB },
  monitors: { maxBytes: 4 * MIB },
  meta: { maxBytes: MIB / 4 },
}

/** Who reads the bus, which streams in order, and what else it may do. */
export interface ConsumerLayout {
  readonly service: string
  readonly streams: readonly StreamName[]
  /** Its durables of each of them: one, or one of each of its lanes. */
  readonly durables: readonly string[]
  /** It has lanes, or would have: the books of the streams do not wait for it. */
  readonly hasLanes: boolean
  readonly buckets: readonly AnyBucket[]
  /** Subjects of core NATS it listens to. */
  readonly subscribes: readonly string[]
  /** Streams that it writes, by the subjects of `publishes`. */
  readonly writes: readonly StreamName[]
  readonly publishes: readonly string[]
  /** What it says to other readers, without a detour over the detector's account. Only core NATS goes this way. */
  readonly tells: readonly { readonly subject: string; readonly to: readonly string[] }[]
}

export const SUBJECT_HEARTBEAT = 'nd.heartbeat'
export const SUBJECT_METRICS = 'nd.metric'

const SAMPLES = `${SUBJECT_METRICS}.*`

/** Every reader reads whose the store is. */
const ALL_READ = ['meta'] as const satisfies readonly AnyBucket[]

function subjectsOf(stream: StreamName): readonly string[] {
  return STREAMS.find(({ name }) => name === stream)?.subjects ?? []
}

/** Names of the entries of each list that readers have lanes for. */
export type Lanes = Readonly<Partial<Record<LaneList, readonly string[]>>>

function durablesOf(service: string, list: LaneList | undefined, lanes: Lanes): readonly string[] {
  return list === undefined ? [durableOf(service)] : (lanes[list] ?? []).map((lane) => durableOf(service, lane))
}

/** The readers of the bus as the table of services has them. @param lanes default none */
export function consumersOf(table: ServiceTable, lanes: Lanes = {}): readonly ConsumerLayout[] {
  return readersOf(table).map(({ name, bus }) => ({
    service: name,
    streams: bus.streams,
    durables: durablesOf(name, bus.durableForEach, lanes),
    hasLanes: bus.durableForEach !== undefined,
    buckets: [...bus.buckets, ...ALL_READ],
    subscribes: bus.hearsSamples === false ? [SUBJECT_HEARTBEAT] : [SUBJECT_HEARTBEAT, SAMPLES],
    writes: bus.writes,
    publishes: bus.writes.flatMap(subjectsOf),
    tells: bus.tellsMetricsTo.length === 0 ? [] : [{ subject: `${SUBJECT_METRICS}.${name}`, to: bus.tellsMetricsTo }],
  }))
}

/** Durable consumers of each reader of streams, by its account, where nobody has lanes. */
export const CONSUMERS = consumersOf(SERVICES)

/** Key of the store's identity in the bucket `meta`. */
export const META_KEY = 'store'

/**
 * A message that is not acknowledged for this long is delivered again. Consumers that come back do not wait for it: they
 * ask for what is pending at once.
 */
export const ACK_WAIT_MS = 10_000

/** What the store may grow to when every limit above is reached. The server refuses to make what does not fit. */
export const STORE_BYTES = [...STREAMS, ...Object.values(BUCKETS)].reduce((sum, { maxBytes }) => sum + maxBytes, 0)

export function bucketStream(bucket: AnyBucket): string {
  return `KV_${bucket}`
}

export function bucketSubject(bucket: AnyBucket): string {
  return `$KV.${bucket}`
}
