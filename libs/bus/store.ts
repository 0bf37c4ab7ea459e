/** Streams, buckets and durables: made by the detector alone, which compares their configuration itself. */
import { randomUUID } from 'node:crypto'
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import { StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { publishKept } from './ask.ts'
import { type Asking, readKey } from './bucket.ts'
import { BusStoreError } from './errors.ts'
import {
  ACK_WAIT_MS,
  type AnyBucket,
  BUCKETS,
  bucketStream,
  bucketSubject,
  CONSUMERS,
  META_KEY,
  STREAMS,
  type StreamLayout,
} from './layout.ts'
import type { BusLog, StreamName } from './types.ts'

const TIMEOUT_MS = 5000
/** The smallest window the server takes: the map of message ids costs tens of MiB otherwise. */
const DUPLICATE_WINDOW_MS = 100
const STREAM_NOT_FOUND = 10059
const CONSUMER_NOT_FOUND = 10014

/** What nobody may have changed, on streams and buckets alike. */
const COMMON = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  num_replicas: 1,
  max_msgs: -1,
  max_msg_size: -1,
  no_ack: false,
  sealed: false,
  deny_delete: false,
  deny_purge: false,
} as const

type WantedStream = Partial<StreamConfig> & Pick<StreamConfig, 'name'>

export interface Identity {
  readonly node: string
  readonly bootId: string
}

export interface EnsuredStore {
  readonly meta: StoreMeta
  /** Something of it was made now, so that the whole state has to be written. */
  readonly fresh: boolean
  /** Greater at each call for one store: which life of its writer this is. */
  readonly life: number
}

function streamConfig({ name, subjects, maxAgeMs, maxBytes }: StreamLayout): WantedStream {
  return {
    name,
    subjects: [...subjects],
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    max_bytes: maxBytes,
    ...COMMON,
  }
}

function bucketConfig(bucket: AnyBucket): WantedStream {
  return {
    name: bucketStream(bucket),
    subjects: [`${bucketSubject(bucket)}.>`],
    // A bucket that is full refuses, it never forgets a key: the detector's own limits keep it from filling.
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_bytes: BUCKETS[bucket].maxBytes,
    allow_direct: true,
    ...COMMON,
  }
}

function durableConfig(durable: string): Partial<ConsumerConfig> & { durable_name: string } {
  return {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 1,
    max_deliver: -1,
  }
}

/** Whether what is there is as wanted, as far as something is wanted. What the server leaves out is off. */
function agrees<T extends object>(now: T, wanted: Partial<T>): boolean {
  return (Object.keys(wanted) as (keyof T)[]).every(
    (key) => JSON.stringify(now[key] ?? false) === JSON.stringify(wanted[key]),
  )
}

function errorCode(err: unknown): number | undefined {
  return err instanceof NatsError ? err.api_error?.err_code : undefined
}

/** undefined where there is none. */
async function found<T>(question: Promise<T>, notFound: number): Promise<T | undefined> {
  try {
    return await question
  } catch (err) {
    if (errorCode(err) === notFound) return undefined
    throw err
  }
}

/** "kept": it is there and as wanted, changed if need be. */
async function adjustStream(jsm: JetStreamManager, wanted: WantedStream): Promise<'kept' | 'absent' | 'unchangeable'> {
  const info = await found(jsm.streams.info(wanted.name), STREAM_NOT_FOUND)
  if (info === undefined) return 'absent'
  if (agrees(info.config, wanted)) return 'kept'
  try {
    const { config } = await jsm.streams.update(wanted.name, wanted)
    return agrees(config, wanted) ? 'kept' : 'unchangeable'
  } catch (err) {
    if (errorCode(err) === undefined) throw err
    return 'unchangeable'
  }
}

async function makeStream(jsm: JetStreamManager, wanted: WantedStream): Promise<void> {
  const info = await found(jsm.streams.info(wanted.name), STREAM_NOT_FOUND)
  if (info !== undefined) await jsm.streams.delete(wanted.name)
  await jsm.streams.add(wanted)
}

async function ensureDurable(jsm: JetStreamManager, stream: string, durable: string): Promise<void> {
  const wanted = durableConfig(durable)
  const [info, { state }] = await Promise.all([
    found(jsm.consumers.info(stream, durable), CONSUMER_NOT_FOUND),
    jsm.streams.info(stream),
  ])
  // One that is ahead of its stream belongs to another store and would never get anything.
  const isAhead = info !== undefined && info.delivered.stream_seq > state.last_seq
  if (info !== undefined && !isAhead) {
    if (agrees(info.config, wanted)) return
    const updated = await jsm.consumers.update(stream, durable, wanted).catch((err: unknown) => {
      if (errorCode(err) === undefined) throw err
      return info
    })
    if (agrees(updated.config, wanted)) return
  }
  if (info !== undefined) await jsm.consumers.delete(stream, durable)
  await jsm.consumers.add(stream, wanted)
}

/** "impossible": the server cannot make them, as it is when files of theirs are damaged. */
async function ensureDurables(jsm: JetStreamManager, stream: StreamName): Promise<'there' | 'impossible'> {
  try {
    for (const { service, streams } of CONSUMERS)
      if (streams.includes(stream)) await ensureDurable(jsm, stream, service)
    return 'there'
  } catch (err) {
    if (errorCode(err) === undefined) throw err
    return 'impossible'
  }
}

async function readMeta(asking: Asking): Promise<StoreMeta | undefined> {
  const entry = await readKey(asking, 'meta', META_KEY)
  if (entry === undefined) return undefined
  try {
    return StoreMeta.decode(entry.bytes)
  } catch {
    // Damaged: as good as none.
    return undefined
  }
}

/**
 * Makes what is missing, brings what is there to the wanted configuration, and empties a store of another boot or node.
 * Killed at any point and called again it ends in the same: the identity goes first and comes last.
 */
export async function ensureStore(asking: Asking, identity: Identity, log: BusLog): Promise<EnsuredStore> {
  const { nc } = asking
  const jsm = await nc.jetstreamManager({ timeout: TIMEOUT_MS, checkAPI: false })
  const meta = bucketConfig('meta')
  if ((await adjustStream(jsm, meta)) !== 'kept') await makeStream(jsm, meta)
  const known = await readMeta(asking)
  const isSame = known !== undefined && known.bootId === identity.bootId && known.node === identity.node
  const wanted = [
    ...(Object.keys(BUCKETS) as AnyBucket[]).filter((bucket) => bucket !== 'meta').map(bucketConfig),
    ...STREAMS.map(streamConfig),
  ]
  const make: WantedStream[] = []
  for (const one of wanted) {
    const how = isSame ? await adjustStream(jsm, one) : 'absent'
    if (how === 'unchangeable') log.warn('stream of the store cannot be changed and is made anew', { stream: one.name })
    if (how !== 'kept') make.push(one)
  }
  if (make.length > 0) await jsm.streams.purge(meta.name)
  for (const one of make) await makeStream(jsm, one)
  let fresh = make.length > 0
  for (const one of STREAMS) {
    if ((await ensureDurables(jsm, one.name)) === 'there') continue
    log.warn('durables of a stream cannot be made, it is made anew', { stream: one.name })
    await jsm.streams.purge(meta.name)
    await makeStream(jsm, streamConfig(one))
    if ((await ensureDurables(jsm, one.name)) === 'impossible')
      throw new BusStoreError(
        `making the durables of ${one.name}`,
        new Error('the server refuses, also on a new stream'),
      )
    fresh = true
  }
  const own: StoreMeta =
    isSame && !fresh ? known : StoreMeta.create({ incarnation: randomUUID(), created: new Date(), ...identity })
  const subject = `${bucketSubject('meta')}.${META_KEY}`
  const life = await publishKept(nc, subject, StoreMeta.encode(own).finish())
  return { meta: own, fresh, life }
}
