/** Streams, buckets and durables: made by the detector alone, which compares their configuration itself. */
import { randomUUID } from 'node:crypto'
import { DiscardPolicy, type JetStreamManager, nanos, RetentionPolicy, StorageType, type StreamConfig } from 'nats'
import { StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { publishKept } from './ask.ts'
import { type Asking, readKey } from './bucket.ts'
import { ensureDurables } from './durables.ts'
import { BusStoreError } from './errors.ts'
import {
  type AnyBucket,
  BUCKETS,
  bucketStream,
  bucketSubject,
  type ConsumerLayout,
  META_KEY,
  STREAMS,
  type StreamLayout,
} from './layout.ts'
import { agrees, errorCode, found } from './standing-config.ts'
import type { BusLog } from './types.ts'

const TIMEOUT_MS = 5000
/** The smallest window the server takes: the map of message ids costs tens of MiB otherwise. */
const DUPLICATE_WINDOW_MS = 100
const STREAM_NOT_FOUND = 10059

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

/** What the store is to be. */
export interface WantedStore extends Identity {
  readonly consumers: readonly ConsumerLayout[]
}

export interface EnsuredStore {
  readonly meta: StoreMeta
  /** Something of it was made now, so that the whole state has to be written. */
  readonly fresh: boolean
  /** Greater at each call for one store: which life of its writer this is. */
  readonly life: number
}

function streamConfig({ name, subjects, maxAgeMs, maxBytes, isReadBack }: StreamLayout): WantedStream {
  return {
    name,
    subjects: [...subjects],
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    max_bytes: maxBytes,
    allow_direct: isReadBack === true,
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
export async function ensureStore(
  asking: Asking,
  { consumers, ...identity }: WantedStore,
  log: BusLog,
): Promise<EnsuredStore> {
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
    if ((await ensureDurables(jsm, one.name, consumers)) === 'there') continue
    log.warn('durables of a stream cannot be made, it is made anew', { stream: one.name })
    await jsm.streams.purge(meta.name)
    await makeStream(jsm, streamConfig(one))
    if ((await ensureDurables(jsm, one.name, consumers)) === 'impossible')
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
