/** The half of exporters and remediator, of a bus in memory. */
import { Heartbeat, MetricBatch, StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { createTelling } from '../bucket-telling.ts'
import { keyOfValue, STATE_BUCKETS } from '../buckets.ts'
import type { EndOptions, ReaderOptions } from '../end.ts'
import { BusStoreError } from '../errors.ts'
import { CONSUMERS } from '../layout.ts'
import { publishRecords } from '../publish-records.ts'
import { createStores, type Stores } from '../stores.ts'
import { STREAM_DECODERS } from '../stream-decoders.ts'
import { durableOf } from '../tokens.ts'
import type { BucketName, BucketValue, Bus, BusReader, StateKey, Told, ValueNow } from '../types.ts'
import { unkept } from '../unkept.ts'
import { memorySink, readRecords } from './records.ts'
import { soon } from './soon.ts'
import { assertOpen, type MemoryStore } from './store.ts'
import { take } from './take.ts'

/** Until a detector's next word its last one is as good. */
const HEARTBEAT_MS = 3000

/** What every part of a reader has. */
interface Reading extends EndOptions {
  readonly store: MemoryStore
  readonly bus: Bus
  readonly signal: AbortSignal
  readonly onPoison: (where: string, key: string, err: unknown) => void
}

/** What a service reads of the bus. All of it ends with the signal, or with its end of the bus. */
export function createMemoryReader(
  store: MemoryStore,
  options: EndOptions & ReaderOptions & { readonly bus: Bus },
): BusReader {
  const { name, log, clock, bus } = options
  const signal = untilClosed(bus, options.signal)
  function onPoison(where: string, key: string, err: unknown): void {
    log.error('what the bus holds cannot be decoded', { where, key, err })
    options.onPoison?.(where)
  }
  const reading: Reading = { name, log, clock, bus, store, signal, onPoison }
  const stores = followStores(reading)
  if (!signal.aborted) store.present.add(name)
  signal.addEventListener('abort', () => store.present.delete(name), { once: true })

  return {
    watchBucket(bucket, handler, until) {
      const own = AbortSignal.any([signal, until])
      const telling = createTelling({ log, bucket, handler, onPoison, decode: STATE_BUCKETS[bucket].decode })
      stores.restarts(store.buckets[bucket].follow(telling, own), own)
    },
    consume(stream, handler, { signal: until, lane, ready = () => true, onReady = () => () => undefined }) {
      const own = AbortSignal.any([signal, until])
      const whom = { service: durableOf(name, lane), name: stream, stream: store.streams[stream], clock, log, onPoison }
      void take({ ...whom, decode: STREAM_DECODERS[stream], handler, signal: own, ready, onReady })
    },
    onHeartbeat(listener) {
      const hear = hearing(reading, { subject: 'heartbeat', decode: (bytes) => Heartbeat.decode(bytes), listener })
      return ended(signal, listenFromLast(store, hear))
    },
    onMetrics(listener) {
      const hear = hearing(reading, { subject: 'metrics', decode: (bytes) => MetricBatch.decode(bytes), listener })
      return ended(signal, store.samples.add(name, hear))
    },
    publishMetrics: (told) => tellOwn(reading, told),
    onNewStore: stores.onNewStore,
    keyOf: keyOfValue,
    get: (bucket, key) => soon(() => valueNow(reading, bucket, key)),
    readRecords: (limit, each) => soon(() => readRecords(reading, limit, each)),
    publishRecords(source, until) {
      const own = AbortSignal.any([signal, until])
      const publication = publishRecords({ sink: memorySink(reading), source, signal: own, clock, log })
      stores.restarts(publication.again, own)
      return publication
    },
  }
}

/** Follows who the store is, until the reader ends. */
function followStores({ store, log, onPoison, signal }: Reading): Stores {
  const stores = createStores(log)
  const telling = createTelling({
    log,
    bucket: 'meta',
    onPoison,
    decode: (bytes) => StoreMeta.decode(bytes),
    handler: { snapshot: (values) => values.forEach(stores.saw), put: stores.saw, deleted: () => undefined },
  })
  store.buckets.meta.follow(telling, signal)
  return stores
}

function valueNow<B extends BucketName>(
  { store, bus }: Reading,
  bucket: B,
  names: StateKey[B],
): ValueNow<BucketValue[B]> | undefined {
  const { keyOf, decode } = STATE_BUCKETS[bucket]
  const key = keyOf(names)
  const what = `reading ${key} of ${bucket}`
  assertOpen(bus, what)
  if (store.identity === undefined) throw new BusStoreError(what, new Error('the store was not made ready'))
  const entry = store.buckets[bucket].get(key)
  return entry && { value: decode(entry.bytes), revision: entry.revision }
}

/** The service's own samples, to those whom its layout lets it tell. */
function tellOwn({ store, bus, name, clock, log }: Reading, { samples, described }: Told): void {
  if (bus.state !== 'connected') return
  const to = CONSUMERS.find(({ service }) => service === name)?.tells.flatMap((tells) => tells.to) ?? []
  const of = { monitor: name, time: clock.now(), samples: [...samples], described: [...described] }
  const leftOut = unkept(log, 'metrics', () => store.samples.tell(MetricBatch.fromPartial(of), to)) ?? 0
  if (leftOut > 0) log.warn('samples are left out that no message can hold', { leftOut })
}

/**
 * Tells the last heartbeat too, where that was a moment ago: services of one process start together, and who came behind
 * the first would know for three seconds of nobody who vouches for what it reads.
 */
function listenFromLast(store: MemoryStore, hear: (bytes: Uint8Array) => void): () => void {
  let isOver = false
  const { lastHeartbeat } = store
  const end = store.heartbeats.add(hear)
  if (lastHeartbeat !== undefined && store.clock.monotonicMs() - lastHeartbeat.atMs <= HEARTBEAT_MS) {
    store.post(() => {
      if (!isOver) hear(lastHeartbeat.bytes)
    })
  }
  return () => {
    isOver = true
    end()
  }
}

/** Decodes and tells, while somebody listens. */
function hearing<T>(
  { log, signal }: Reading,
  of: { readonly subject: string; decode(bytes: Uint8Array): T; listener(value: T): void },
): (bytes: Uint8Array) => void {
  return (bytes) => {
    if (signal.aborted) return
    try {
      of.listener(of.decode(bytes))
    } catch (err) {
      log.error('what was heard on the bus could not be taken', { subject: of.subject, err })
    }
  }
}

/** Aborted with the signal, and when the end of the bus is closed. */
function untilClosed(bus: Bus, signal: AbortSignal): AbortSignal {
  const closing = new AbortController()
  const all = AbortSignal.any([signal, closing.signal])
  const stop = bus.onState((state) => {
    if (state === 'closed') closing.abort()
  })
  all.addEventListener('abort', stop, { once: true })
  if (bus.state === 'closed') closing.abort()
  return all
}

function ended(signal: AbortSignal, end: () => void): () => void {
  signal.addEventListener('abort', end, { once: true })
  return () => {
    signal.removeEventListener('abort', end)
    end()
  }
}
