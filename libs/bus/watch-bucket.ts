/**
 * Following a bucket without a consumer: listen to its puts, read it whole, and let the later word win by the order
 * header. Everything is made anew with each connection; a resumed watch may stay silent.
 */
import type { Msg, NatsConnection } from 'nats'
import { backoffMs } from '#pace'
import { OPERATION_HEADER, readBucket } from './bucket.ts'
import { createTelling } from './bucket-telling.ts'
import { createWords, type Live, type Words } from './bucket-words.ts'
import type { ConnectedBus } from './connect.ts'
import { type AnyBucket, bucketSubject } from './layout.ts'
import { ORDER_HEADER } from './order.ts'
import { RETRY } from './retry.ts'
import type { BucketHandler } from './types.ts'

export interface WatchBucketOptions<T> {
  readonly bus: ConnectedBus
  readonly bucket: AnyBucket
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: BucketHandler<T>
  readonly signal: AbortSignal
  /** A value that cannot be decoded: counted and told, never fatal. */
  readonly onPoison: (bucket: string, key: string, err: unknown) => void
}

function liveOf(message: Msg, prefixLength: number): Live {
  const isDeleted = message.headers?.has(OPERATION_HEADER) === true
  return {
    key: message.subject.slice(prefixLength),
    order: message.headers?.get(ORDER_HEADER) ?? '',
    bytes: isDeleted ? undefined : message.data,
  }
}

/** Listens, and reads the bucket whole; a word that comes in between is not lost. @throws what keeps it from the bucket */
async function follow<T>(
  { bus, bucket }: WatchBucketOptions<T>,
  nc: NatsConnection,
  { words, signal }: { readonly words: Words; readonly signal: AbortSignal },
): Promise<void> {
  const prefix = `${bucketSubject(bucket)}.`
  const subscription = nc.subscribe(`${prefix}>`, {
    callback: (err, message) => {
      if (err === null && !signal.aborted) words.heard(liveOf(message, prefix.length))
    },
  })
  signal.addEventListener('abort', () => {
    if (!nc.isClosed()) subscription.unsubscribe()
  })
  // The server has the subscription before the bucket is read: nothing falls between the two.
  await nc.flush()
  const entries = await readBucket({ nc, api: bus.api, clock: bus.clock }, bucket)
  if (!signal.aborted) words.read(entries)
}

/** @returns a function that reads the bucket whole again */
export function watchBucket<T>(options: WatchBucketOptions<T>): () => void {
  const { bus, bucket, signal } = options
  const telling = createTelling({ ...options, log: bus.log })
  /** Ends what follows the bucket now. One at a time: two would tell everything twice. */
  let following = new AbortController()
  let connection: NatsConnection | undefined
  let failures = 0

  function begin(nc: NatsConnection): void {
    following.abort()
    const own = new AbortController()
    following = own
    connection = nc
    follow(options, nc, { words: createWords(telling), signal: own.signal }).then(
      () => {
        failures = 0
      },
      (err: unknown) => {
        if (own.signal.aborted || nc.isClosed()) return
        bus.log.debug('bucket cannot be read yet', { bucket, err })
        const callOff = bus.clock.after(backoffMs(failures++, RETRY), () => begin(nc))
        own.signal.addEventListener('abort', callOff, { once: true })
      },
    )
  }

  const stop = bus.onConnection(begin)
  signal.addEventListener(
    'abort',
    () => {
      stop()
      connection = undefined
      following.abort()
    },
    { once: true },
  )
  return () => {
    if (connection !== undefined && !connection.isClosed()) begin(connection)
  }
}
