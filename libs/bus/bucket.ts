/** Reading a bucket whole: the keys by stream info, each value by direct get, many at a time. */
import type { NatsConnection } from 'nats'
import { BusStoreError } from './errors.ts'
import { type AnyBucket, bucketStream, bucketSubject } from './layout.ts'
import { ORDER_HEADER } from './order.ts'

const REQUEST_TIMEOUT_MS = 5000
const IN_FLIGHT = 64
/** What a deleted key holds until it is purged. */
export const OPERATION_HEADER = 'KV-Operation'

export interface BucketEntry {
  readonly key: string
  readonly bytes: Uint8Array
  readonly order: string
}

interface StreamInfo {
  readonly state?: { readonly subjects?: Readonly<Record<string, number>> }
  readonly total?: number
  readonly error?: { readonly description?: string; readonly code?: number }
}

async function request(nc: NatsConnection, subject: string, body: object): Promise<StreamInfo> {
  const answer = await nc.request(subject, JSON.stringify(body), { timeout: REQUEST_TIMEOUT_MS })
  return answer.json<StreamInfo>()
}

/** The keys of a bucket. @throws BusStoreError */
export async function bucketKeys(nc: NatsConnection, bucket: AnyBucket): Promise<string[]> {
  const prefix = `${bucketSubject(bucket)}.`
  const keys: string[] = []
  for (;;) {
    const info = await request(nc, `$JS.API.STREAM.INFO.${bucketStream(bucket)}`, {
      subjects_filter: '>',
      offset: keys.length,
    })
    if (info.error)
      throw new BusStoreError(`reading bucket ${bucket}`, new Error(info.error.description ?? 'unknown error'))
    const page = Object.keys(info.state?.subjects ?? {})
    keys.push(...page.map((subject) => subject.slice(prefix.length)))
    if (page.length === 0 || keys.length >= (info.total ?? 0)) return keys
  }
}

async function readKey(nc: NatsConnection, bucket: AnyBucket, key: string): Promise<BucketEntry | undefined> {
  const subject = `$JS.API.DIRECT.GET.${bucketStream(bucket)}.${bucketSubject(bucket)}.${key}`
  const message = await nc.request(subject, '', { timeout: REQUEST_TIMEOUT_MS })
  // 404: deleted since its key was listed.
  if (message.headers?.code === 404) return undefined
  if (message.headers !== undefined && message.headers.code >= 400) {
    throw new BusStoreError(`reading ${key} of bucket ${bucket}`, new Error(message.headers.description))
  }
  if (message.headers?.has(OPERATION_HEADER)) return undefined
  return { key, bytes: message.data, order: message.headers?.get(ORDER_HEADER) ?? '' }
}

/** Every value of a bucket. @throws BusStoreError, or what the connection says */
export async function readBucket(nc: NatsConnection, bucket: AnyBucket): Promise<BucketEntry[]> {
  const keys = await bucketKeys(nc, bucket)
  const entries: BucketEntry[] = []
  for (let i = 0; i < keys.length; i += IN_FLIGHT) {
    const read = await Promise.all(keys.slice(i, i + IN_FLIGHT).map((key) => readKey(nc, bucket, key)))
    entries.push(...read.filter((entry) => entry !== undefined))
  }
  return entries
}
