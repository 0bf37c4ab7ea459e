/** The half of exporters and remediator. */
import {
  Event,
  Heartbeat,
  MetricBatch,
  MonitorState,
  NodeCondition,
  Problem,
  StoreMeta,
} from '#proto/nodedoctor/v1/types.ts'
import type { ConnectedBus } from './connect.ts'
import { consume } from './consume.ts'
import { SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { keys } from './names.ts'
import type { BucketName, BucketValue, BusReader, StreamName, StreamValue } from './types.ts'
import { watchBucket } from './watch-bucket.ts'

const bucketDecoders: { readonly [B in BucketName]: (bytes: Uint8Array) => BucketValue[B] } = {
  node_conditions: (bytes) => NodeCondition.decode(bytes),
  problems: (bytes) => Problem.decode(bytes),
  monitors: (bytes) => MonitorState.decode(bytes),
}

const streamDecoders: { readonly [S in StreamName]: (bytes: Uint8Array) => StreamValue[S] } = {
  EVENTS: (bytes) => Event.decode(bytes),
  EVENTS_INFO: (bytes) => Event.decode(bytes),
  PROBLEMS: (bytes) => Problem.decode(bytes),
  REMEDIATIONS: (bytes) => bytes,
}

const bucketKeyOf: { readonly [B in BucketName]: (value: BucketValue[B]) => string } = {
  node_conditions: (value) => keys.condition(value),
  problems: (value) => keys.problem(value.fingerprint),
  monitors: (value) => keys.monitor(value.name),
}

export interface ReaderOptions {
  readonly signal: AbortSignal
  /** Called for each message or value that could not be decoded. */
  readonly onPoison?: (where: string) => void
}

export function createBusReader(bus: ConnectedBus, options: ReaderOptions): BusReader {
  const { signal } = options
  const newStoreListeners = new Set<(incarnation: string) => void>()
  const rereads: (() => void)[] = []
  let incarnation: string | undefined

  function onPoison(where: string, key: string, err: unknown): void {
    bus.log.error('what the bus holds cannot be decoded', { where, key, err })
    options.onPoison?.(where)
  }

  function sawStore(meta: StoreMeta): void {
    const before = incarnation
    incarnation = meta.incarnation
    if (before === undefined || before === meta.incarnation) return
    bus.log.info('the store of the bus was made anew', { incarnation })
    for (const listener of newStoreListeners) listener(meta.incarnation)
    for (const reread of rereads) reread()
  }

  watchBucket({
    bus,
    bucket: 'meta',
    signal,
    onPoison,
    decode: (bytes) => StoreMeta.decode(bytes),
    handler: { snapshot: (values) => values.forEach(sawStore), put: sawStore, deleted: () => undefined },
  })

  function subscribe<T>(subject: string, decode: (bytes: Uint8Array) => T, listener: (value: T) => void): () => void {
    let stopped = false
    const stop = bus.onConnection((nc) => {
      nc.subscribe(subject, {
        callback: (err, message) => {
          if (err !== null || stopped) return
          try {
            listener(decode(message.data))
          } catch (cause) {
            onPoison(subject, message.subject, cause)
          }
        },
      })
    })
    return () => {
      stopped = true
      stop()
    }
  }

  return {
    watchBucket(bucket, handler, until) {
      const ended = AbortSignal.any([signal, until])
      rereads.push(watchBucket({ bus, bucket, handler, signal: ended, onPoison, decode: bucketDecoders[bucket] }))
    },
    consume(stream, handler, { signal: until, ready = () => true }) {
      consume({
        bus,
        stream,
        handler,
        signal: AbortSignal.any([signal, until]),
        ready,
        onPoison,
        decode: streamDecoders[stream],
      })
    },
    onHeartbeat: (listener) => subscribe(SUBJECT_HEARTBEAT, (bytes) => Heartbeat.decode(bytes), listener),
    onMetrics: (listener) => subscribe(`${SUBJECT_METRICS}.*`, (bytes) => MetricBatch.decode(bytes), listener),
    onNewStore(listener) {
      newStoreListeners.add(listener)
      return () => newStoreListeners.delete(listener)
    },
    keyOf: (bucket, value) => bucketKeyOf[bucket](value),
  }
}
