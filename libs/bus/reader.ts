/** The half of exporters and remediator. */
import { Heartbeat, MetricBatch, StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { keyOfValue, STATE_BUCKETS } from './buckets.ts'
import type { ConnectedBus } from './connect.ts'
import { consume } from './consume.ts'
import type { ReaderOptions } from './end.ts'
import { valueNow } from './get.ts'
import { hear, subscribe } from './hear.ts'
import { SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { presenceSubject } from './permissions.ts'
import { publishRecords } from './publish-records.ts'
import { createStores, type Stores } from './stores.ts'
import { STREAM_DECODERS } from './stream-decoders.ts'
import { readRecords, streamSink } from './stream-records.ts'
import { tellMetrics } from './tell-metrics.ts'
import { durableOf } from './tokens.ts'
import type { BusReader, Told } from './types.ts'
import { type WatchBucketOptions, watchBucket } from './watch-bucket.ts'

/** What every part of a reader has: its connection, its end, and whom it tells of what cannot be decoded. */
type Reading = Pick<WatchBucketOptions<never>, 'bus' | 'signal' | 'onPoison'>

/** Follows who the store is, until the reader ends. */
function followStores(reading: Reading): Stores {
  const stores = createStores(reading.bus.log)
  watchBucket({
    ...reading,
    bucket: 'meta',
    decode: (bytes) => StoreMeta.decode(bytes),
    handler: { snapshot: (values) => values.forEach(stores.saw), put: stores.saw, deleted: () => undefined },
  })
  return stores
}

/** The service's own samples, under its own name. Never throws: what is not kept is never the end of whoever tells. */
function tellOwn(bus: ConnectedBus, { samples, described }: Told): void {
  if (bus.state !== 'connected') return
  try {
    const of = { monitor: bus.name, time: new Date(), samples: [...samples], described: [...described] }
    const leftOut = tellMetrics(bus, MetricBatch.fromPartial(of))
    if (leftOut > 0) bus.log.warn('samples are left out that no message can hold', { leftOut })
  } catch (err) {
    bus.log.warn('metrics could not be told on the bus', { err })
  }
}

/** What a service reads of the bus: buckets, streams, heartbeats, metrics. All of it ends with the signal. */
export function createBusReader(bus: ConnectedBus, options: ReaderOptions): BusReader {
  const { signal } = options
  function onPoison(where: string, key: string, err: unknown): void {
    bus.log.error('what the bus holds cannot be decoded', { where, key, err })
    options.onPoison?.(where)
  }
  const reading: Reading = { bus, signal, onPoison }
  const stores = followStores(reading)
  // Whoever listens here has not left yet.
  subscribe(bus, { subject: presenceSubject(bus.name), signal }, () => undefined)

  return {
    watchBucket(bucket, handler, until) {
      const own = { ...reading, signal: AbortSignal.any([signal, until]) }
      stores.restarts(watchBucket({ ...own, bucket, handler, decode: STATE_BUCKETS[bucket].decode }), own.signal)
    },
    consume(stream, handler, { signal: until, lane, ready = () => true, onReady = () => () => undefined, ...more }) {
      const own = { ...reading, signal: AbortSignal.any([signal, until]) }
      const onBackwards = () => stores.another(`${stream} ends before what was read of it`)
      const { reset } = consume({
        ...own,
        stream,
        durable: durableOf(bus.name, lane),
        handler,
        ready,
        onReady,
        onBackwards,
        onReadability: more.onReadability ?? (() => undefined),
        decode: STREAM_DECODERS[stream],
      })
      stores.restarts(reset, own.signal)
    },
    onHeartbeat: (listener) =>
      hear(bus, { ...reading, subject: SUBJECT_HEARTBEAT, decode: (bytes) => Heartbeat.decode(bytes), listener }),
    onMetrics: (listener) =>
      hear(bus, {
        ...reading,
        subject: `${SUBJECT_METRICS}.*`,
        decode: (bytes) => MetricBatch.decode(bytes),
        listener,
      }),
    publishMetrics: (told) => tellOwn(bus, told),
    onNewStore: stores.onNewStore,
    keyOf: keyOfValue,
    get: (bucket, key, withinMs) => valueNow(bus, { bucket, key, withinMs }),
    readRecords: (limit, each) => readRecords(bus, limit, each, onPoison),
    publishRecords(source, until) {
      const own = AbortSignal.any([signal, until])
      const publication = publishRecords({ sink: streamSink(bus), source, signal: own, clock: bus.clock, log: bus.log })
      own.addEventListener('abort', bus.onConnection(publication.again), { once: true })
      stores.restarts(publication.again, own)
      return publication
    },
  }
}
