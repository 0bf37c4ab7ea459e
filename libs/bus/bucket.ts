/** Reading a bucket whole: the keys by stream info, each value by direct get, many at a time. */
import type { Msg, NatsConnection } from 'nats'
import type { Clock } from '#clock'
import { ask } from './ask.ts'
import { BusStoreError } from './errors.ts'
import { type AnyBucket, bucketStream, bucketSubject } from './layout.ts'
import { ORDER_HEADER } from './order.ts'

const REQUEST_TIMEOUT_MS = 5000
const IN_FLIGHT = 64
/** What a deleted key holds until it is purged. */
export const OPERATION_HEADER = 'KV-Operation'
/** Beside every message that is read by its subject. */
const SEQUENCE_HEADER = 'Nats-Sequence'
const STATUS_NOT_FOUND = 404

/** A connection, the prefix of JetStream's questions on it, and the clock that answers are waited for by. */
export interface Asking {
  readonly nc: NatsConnection
  readonly api: string
  readonly clock: Clock
}

export interface BucketEntry {
  readonly key: string
  readonly bytes: Uint8Array
  readonly order: string
  /** Its number in the bucket's stream. */
  readonly revision: number
}

interface Subjects {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> }
  readonly total?: number
}

/** The keys of a bucket. @throws BusStoreError */
async function readKeys({ nc, api }: Asking, bucket: AnyBucket): Promise<string[]> {
  const prefix = `${bucketSubject(bucket)}.`
  const keys: string[] = []
  for (;;) {
    const info = await ask<Subjects>(nc, `${api}.STREAM.INFO.${bucketStream(bucket)}`, {
      subjects_filter: '>',
      offset: keys.length,
    })
    const page = Object.keys(info.state.subjects ?? {})
    keys.push(...page.map((subject) => subject.slice(prefix.length)))
    if (page.length === 0 || keys.length >= (info.total ?? 0)) return keys
  }
}

/** undefined: deleted. */
function entryOf(message: Msg, bucket: AnyBucket, key: string): BucketEntry | undefined {
  const code = message.headers?.code ?? 0
  if (code === STATUS_NOT_FOUND || message.headers?.has(OPERATION_HEADER)) return undefined
  if (code >= 400) throw new BusStoreError(`reading ${key} of ${bucket}`, new Error(message.headers?.description))
  const head = (name: string) => message.headers?.get(name) ?? ''
  return { key, bytes: message.data, order: head(ORDER_HEADER), revision: Number(head(SEQUENCE_HEADER)) }
}

/** One value, undefined where there is none. @throws BusStoreError, or what the connection says */
export async function readKey(
  { nc, api }: Asking,
  bucket: AnyBucket,
  key: string,
  timeout: number = REQUEST_TIMEOUT_MS,
): Promise<BucketEntry | undefined> {
  const subject = `${api}.DIRECT.GET.${bucketStream(bucket)}.${bucketSubject(bucket)}.${key}`
  return entryOf(await nc.request(subject, '', { timeout }), bucket, key)
}

/** Every value of a bucket. @throws BusStoreError, or what the connection says */
export async function readBucket(asking: Asking, bucket: AnyBucket): Promise<BucketEntry[]> {
  const keys = await readKeys(asking, bucket)
  const entries: BucketEntry[] = []
  for (let i = 0; i < keys.length; i += IN_FLIGHT) {
    const read = await Promise.all(keys.slice(i, i + IN_FLIGHT).map((key) => readKey(asking, bucket, key)))
    entries.push(...read.filter((entry) => entry !== undefined))
  }
  return entries
}
