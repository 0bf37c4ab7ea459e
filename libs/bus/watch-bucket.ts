/**
 * Following a bucket without a consumer: listen to its puts, read it whole, and let the later word win by the order
 * header. Everything is made anew with each connection; a resumed watch may stay silent.
 */
import type { Msg, NatsConnection } from 'nats'
import { OPERATION_HEADER, readBucket } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { type AnyBucket, bucketSubject } from './layout.ts'
import { ORDER_HEADER } from './order.ts'
import type { BucketHandler } from './types.ts'

const RETRY_MS = 500

interface Live {
  readonly key: string
  readonly order: string
  readonly bytes: Uint8Array | undefined
}

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

/** @returns a function that reads the bucket whole again */
export function watchBucket<T>(options: WatchBucketOptions<T>): () => void {
  const { bus, bucket, handler, signal, onPoison } = options
  const prefix = `${bucketSubject(bucket)}.`
  let current: NatsConnection | undefined

  function decoded(key: string, bytes: Uint8Array): T | undefined {
    try {
      return options.decode(bytes)
    } catch (err) {
      onPoison(bucket, key, err)
      return undefined
    }
  }

  async function follow(nc: NatsConnection): Promise<void> {
    const orders = new Map<string, string>()
    let waiting: Live[] | undefined = []

    function take({ key, order, bytes }: Live): void {
      const known = orders.get(key)
      if (known !== undefined && order !== '' && order <= known) return
      orders.set(key, order)
      if (bytes === undefined) {
        orders.delete(key)
        handler.deleted(key)
        return
      }
      const value = decoded(key, bytes)
      if (value !== undefined) handler.put(value)
    }

    const subscription = nc.subscribe(`${prefix}>`, {
      callback: (err, message) => {
        if (err !== null || current !== nc) return
        const live = liveOf(message, prefix.length)
        if (waiting === undefined) take(live)
        else waiting.push(live)
      },
    })
    // The server has the subscription before the bucket is read: nothing falls between the two.
    await nc.flush()
    const entries = await readBucket(nc, bucket)
    if (signal.aborted || current !== nc) {
      subscription.unsubscribe()
      return
    }
    const values: T[] = []
    for (const { key, bytes, order } of entries) {
      orders.set(key, order)
      const value = decoded(key, bytes)
      if (value !== undefined) values.push(value)
    }
    handler.snapshot(values)
    const meanwhile = waiting
    waiting = undefined
    for (const live of meanwhile) take(live)
    signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true })
  }

  function begin(nc: NatsConnection): void {
    current = nc
    follow(nc).catch((err: unknown) => {
      if (signal.aborted || current !== nc || nc.isClosed()) return
      bus.log.debug('bucket cannot be read yet', { bucket, err })
      setTimeout(() => {
        if (!signal.aborted && current === nc) begin(nc)
      }, RETRY_MS)
    })
  }

  const stop = bus.onConnection(begin)
  signal.addEventListener(
    'abort',
    () => {
      stop()
      current = undefined
    },
    { once: true },
  )
  return () => {
    if (current !== undefined && !current.isClosed()) begin(current)
  }
}
