/** The half of exporters and remediator. */
import { Event, Heartbeat, MetricBatch, Problem, StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { keyOfValue, STATE_BUCKETS } from './buckets.ts'
import type { ConnectedBus } from './connect.ts'
import { consume } from './consume.ts'
import { SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { metricParts } from './metric-parts.ts'
import { presenceSubject } from './permissions.ts'
import { HEAD_BYTES, MAX_PAYLOAD_BYTES } from './server-config.ts'
import { joinTokens } from './tokens.ts'
import type { BusReader, StreamName, StreamValue } from './types.ts'
import { watchBucket } from './watch-bucket.ts'

const streamDecoders: { readonly [S in StreamName]: (bytes: Uint8Array) => StreamValue[S] } = {
  EVENTS: (bytes) => Event.decode(bytes),
  EVENTS_INFO: (bytes) => Event.decode(bytes),
  PROBLEMS: (bytes) => Problem.decode(bytes),
  REMEDIATIONS: (bytes) => bytes,
}

export interface ReaderOptions {
  readonly signal: AbortSignal
  /** Called for each message or value that could not be decoded. */
  readonly onPoison?: (where: string) => void
}

/** What a service reads of the bus: buckets, streams, heartbeats, metrics. All of it ends with the signal. */
export function createBusReader(bus: ConnectedBus, options: ReaderOptions): BusReader {
  const { signal } = options
  const newStoreListeners = new Set<(incarnation: string) => void>()
  /** What reads from the start again when the store is another: watches of buckets, positions in streams. */
  const restarts = new Set<() => void>()
  let incarnation: string | undefined

  function onPoison(where: string, key: string, err: unknown): void {
    bus.log.error('what the bus holds cannot be decoded', { where, key, err })
    options.onPoison?.(where)
  }

  function newStore(why: string): void {
    bus.log.info('the store of the bus is another', { incarnation, why })
    for (const listener of [...newStoreListeners]) listener(incarnation ?? '')
    for (const restart of [...restarts]) restart()
  }

  function sawStore(meta: StoreMeta): void {
    const before = incarnation
    incarnation = meta.incarnation
    if (before !== undefined && before !== meta.incarnation) newStore('it was made anew')
  }

  function untilAborted(restart: () => void, until: AbortSignal): void {
    restarts.add(restart)
    until.addEventListener('abort', () => restarts.delete(restart), { once: true })
  }

  watchBucket({
    bus,
    bucket: 'meta',
    signal,
    onPoison,
    decode: (bytes) => StoreMeta.decode(bytes),
    handler: { snapshot: (values) => values.forEach(sawStore), put: sawStore, deleted: () => undefined },
  })

  function subscribe(subject: string, listener: (bytes: Uint8Array, subject: string) => void): () => void {
    let unsubscribe: (() => void) | undefined
    const stop = bus.onConnection((nc) => {
      const subscription = nc.subscribe(subject, {
        callback: (err, message) => {
          if (err === null) listener(message.data, message.subject)
        },
      })
      unsubscribe = () => {
        if (!nc.isClosed()) subscription.unsubscribe()
      }
    })
    const end = () => {
      stop()
      unsubscribe?.()
    }
    signal.addEventListener('abort', end, { once: true })
    return () => {
      signal.removeEventListener('abort', end)
      end()
    }
  }

  function listen<T>(subject: string, decode: (bytes: Uint8Array) => T, listener: (value: T) => void): () => void {
    return subscribe(subject, (bytes, said) => {
      let value: T
      try {
        value = decode(bytes)
      } catch (err) {
        return onPoison(subject, said, err)
      }
      try {
        listener(value)
      } catch (err) {
        bus.log.error('what was heard on the bus could not be taken', { subject, err })
      }
    })
  }

  // Whoever listens here has not left yet.
  subscribe(presenceSubject(bus.name), () => undefined)

  return {
    watchBucket(bucket, handler, until) {
      const ended = AbortSignal.any([signal, until])
      untilAborted(
        watchBucket({ bus, bucket, handler, signal: ended, onPoison, decode: STATE_BUCKETS[bucket].decode }),
        ended,
      )
    },
    consume(stream, handler, { signal: until, ready = () => true }) {
      const ended = AbortSignal.any([signal, until])
      const { reset } = consume({
        bus,
        stream,
        handler,
        signal: ended,
        ready,
        onPoison,
        onBackwards: () => newStore(`${stream} ends before what was read of it`),
        decode: streamDecoders[stream],
      })
      untilAborted(reset, ended)
    },
    onHeartbeat: (listener) => listen(SUBJECT_HEARTBEAT, (bytes) => Heartbeat.decode(bytes), listener),
    onMetrics: (listener) => listen(`${SUBJECT_METRICS}.*`, (bytes) => MetricBatch.decode(bytes), listener),
    publishMetrics({ samples, described }) {
      if (bus.state !== 'connected') return
      try {
        const batch = MetricBatch.fromPartial({
          monitor: bus.name,
          time: new Date(),
          samples: [...samples],
          described: [...described],
        })
        const connection = bus.connection('telling metrics')
        const maxBytes = Math.min(connection.info?.max_payload ?? MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES) - HEAD_BYTES
        const { parts, leftOut } = metricParts(batch, maxBytes)
        for (const part of parts) connection.publish(`${SUBJECT_METRICS}.${joinTokens(bus.name)}`, part)
        if (leftOut > 0) bus.log.warn('samples are left out that no message can hold', { leftOut })
      } catch (err) {
        bus.log.warn('metrics could not be told on the bus', { err })
      }
    },
    onNewStore(listener) {
      newStoreListeners.add(listener)
      return () => newStoreListeners.delete(listener)
    },
    keyOf: keyOfValue,
  }
}
