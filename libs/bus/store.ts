/** Streams, buckets and durables: made by the detector alone, which compares their configuration itself. */
import { randomUUID } from 'node:crypto'
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import { StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { readBucket } from './bucket.ts'
import {
  ACK_WAIT_MS,
  type AnyBucket,
  BUCKETS,
  bucketStream,
  bucketSubject,
  CONSUMERS,
  STREAMS,
  type StreamLayout,
} from './layout.ts'

/** The smallest window the server takes: the map of message ids costs tens of MiB otherwise. */
const DUPLICATE_WINDOW_MS = 100

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, 'name'>

function streamConfig({ name, subjects, maxAgeMs, maxBytes }: StreamLayout): Wanted {
  return {
    name,
    subjects: [...subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    max_bytes: maxBytes,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    num_replicas: 1,
  }
}

function bucketConfig(bucket: AnyBucket): Wanted {
  return {
    name: bucketStream(bucket),
    subjects: [`${bucketSubject(bucket)}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // A bucket that is full refuses, it never forgets a key: the detector's own limits keep it from filling.
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_bytes: BUCKETS[bucket].maxBytes,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: false,
    num_replicas: 1,
  }
}

function differs(now: StreamConfig, wanted: Wanted): boolean {
  return (Object.keys(wanted) as (keyof StreamConfig)[]).some(
    (key) => JSON.stringify(now[key]) !== JSON.stringify(wanted[key]),
  )
}

function isMissing(err: unknown): boolean {
  return err instanceof Error && /not found/i.test(err.message)
}

/** True when it was made now. A stream whose configuration cannot be changed to what it should be is made anew. */
async function ensureStream(jsm: JetStreamManager, wanted: Wanted): Promise<boolean> {
  try {
    const { config } = await jsm.streams.info(wanted.name)
    if (!differs(config, wanted)) return false
    try {
      await jsm.streams.update(wanted.name, wanted)
      return false
    } catch {
      await jsm.streams.delete(wanted.name)
    }
  } catch (err) {
    if (!isMissing(err)) throw err
  }
  await jsm.streams.add(wanted)
  return true
}

async function ensureDurable(jsm: JetStreamManager, stream: string, durable: string): Promise<void> {
  const wanted: Partial<ConsumerConfig> = {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 1,
    max_deliver: -1,
  }
  try {
    const { config } = await jsm.consumers.info(stream, durable)
    const same = (Object.keys(wanted) as (keyof ConsumerConfig)[]).every(
      (key) => JSON.stringify(config[key]) === JSON.stringify(wanted[key]),
    )
    if (same) return
    await jsm.consumers.update(stream, durable, { ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: 1 })
  } catch (err) {
    if (!isMissing(err)) throw err
    await jsm.consumers.add(stream, wanted)
  }
}

export const META_KEY = 'store'

/** Makes what is missing. `fresh`: a bucket was made now, so that the state has to be written whole. */
export async function ensureStore(
  nc: NatsConnection,
  identity: { node: string; bootId: string },
): Promise<{ meta: StoreMeta; fresh: boolean }> {
  const jsm = await nc.jetstreamManager({ timeout: 5000, checkAPI: false })
  let fresh = false
  for (const bucket of Object.keys(BUCKETS) as AnyBucket[])
    fresh = (await ensureStream(jsm, bucketConfig(bucket))) || fresh
  for (const layout of STREAMS) fresh = (await ensureStream(jsm, streamConfig(layout))) || fresh
  for (const { service, streams } of CONSUMERS) for (const stream of streams) await ensureDurable(jsm, stream, service)
  const [known] = await readBucket(nc, 'meta')
  if (known !== undefined && !fresh) {
    const meta = StoreMeta.decode(known.bytes)
    if (meta.bootId === identity.bootId && meta.node === identity.node) return { meta, fresh: false }
  }
  const meta: StoreMeta = {
    incarnation: randomUUID(),
    created: new Date(),
    node: identity.node,
    bootId: identity.bootId,
  }
  const js = nc.jetstream({ timeout: 5000 })
  await js.publish(`${bucketSubject('meta')}.${META_KEY}`, StoreMeta.encode(meta).finish())
  return { meta, fresh: true }
}
