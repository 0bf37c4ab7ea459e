/**
 * Following a bucket without a consumer: listen to its puts, read it whole, and let the later word win by the order
 * header. Everything is made anew with each connection; a resumed watch may stay silent.
 */
import type { Msg, NatsConnection } from 'nats'
import { backoffMs } from '#pace'
import { OPERATION_HEADER, readBucket } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { type AnyBucket, bucketSubject } from './layout.ts'
import { ORDER_HEADER } from './order.ts'
import { RETRY } from './retry.ts'
import type { BucketHandler } from './types.ts'

interface Live {
  readonly key: string
  readonly order: string
  /** undefined: the key went away. */
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
  /** Ends what follows the bucket now. One at a time: two would tell everything twice. */
  let unfollow: (() => void) | undefined
  let connection: NatsConnection | undefined
  let failures = 0

  function guarded(act: () => void): void {
    try {
      act()
    } catch (err) {
      bus.log.error('change of a bucket could not be taken', { bucket, err })
    }
  }

  function withValue(key: string, bytes: Uint8Array, act: (value: T) => void): void {
    let value: T
    try {
      value = options.decode(bytes)
    } catch (err) {
      onPoison(bucket, key, err)
      return
    }
    act(value)
  }

  async function follow(nc: NatsConnection, ended: () => boolean, subscribed: (unsubscribe: () => void) => void) {
    const orders = new Map<string, string>()
    /** The last word on each key while the bucket is read; undefined afterwards. */
    let meanwhile: Map<string, Live> | undefined = new Map()

    function take({ key, order, bytes }: Live): void {
      const known = orders.get(key)
      if (known !== undefined && order !== '' && order <= known) return
      if (bytes === undefined) {
        orders.delete(key)
        guarded(() => handler.deleted(key))
        return
      }
      orders.set(key, order)
      withValue(key, bytes, (value) => guarded(() => handler.put(value)))
    }

    const subscription = nc.subscribe(`${prefix}>`, {
      callback: (err, message) => {
        if (err !== null || ended()) return
        const live = liveOf(message, prefix.length)
        if (meanwhile === undefined) take(live)
        else meanwhile.set(live.key, live)
      },
    })
    subscribed(() => {
      if (!nc.isClosed()) subscription.unsubscribe()
    })
    // The server has the subscription before the bucket is read: nothing falls between the two.
    await nc.flush()
    const entries = await readBucket({ nc, api: bus.api }, bucket)
    if (ended()) return
    const values: T[] = []
    for (const { key, bytes, order } of entries) {
      orders.set(key, order)
      withValue(key, bytes, (value) => values.push(value))
    }
    guarded(() => handler.snapshot(values))
    const late = meanwhile
    meanwhile = undefined
    for (const live of late.values()) take(live)
  }

  function begin(nc: NatsConnection): void {
    unfollow?.()
    let isEnded = false
    let unsubscribe: (() => void) | undefined
    let retry: NodeJS.Timeout | undefined
    connection = nc
    unfollow = () => {
      isEnded = true
      clearTimeout(retry)
      unsubscribe?.()
    }
    const following = follow(
      nc,
      () => isEnded,
      (stop) => {
        unsubscribe = stop
      },
    )
    following.then(
      () => {
        failures = 0
      },
      (err: unknown) => {
        if (isEnded || nc.isClosed()) return
        bus.log.debug('bucket cannot be read yet', { bucket, err })
        retry = setTimeout(() => begin(nc), backoffMs(failures++, RETRY))
      },
    )
  }

  const stop = bus.onConnection(begin)
  signal.addEventListener(
    'abort',
    () => {
      stop()
      connection = undefined
      unfollow?.()
    },
    { once: true },
  )
  return () => {
    if (connection !== undefined && !connection.isClosed()) begin(connection)
  }
}
