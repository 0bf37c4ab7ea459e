/** The detector's half of a bus in memory: it alone writes. */
import { Event, Heartbeat, Problem } from '#proto/nodedoctor/v1/types.ts'
import { keyOfValue, STATE_BUCKETS } from '../buckets.ts'
import { decodedOf } from '../decoded.ts'
import { encoded, withinMessage } from '../encoded.ts'
import type { EndOptions } from '../end.ts'
import { BusStoreError } from '../errors.ts'
import { CONSUMERS } from '../layout.ts'
import { MESSAGE_BYTES } from '../message-bytes.ts'
import { eventSubject } from '../subjects.ts'
import type {
  Bus,
  BusLog,
  BusWriter,
  EventStream,
  StateBucket,
  StateValue,
  StreamName,
  StreamStanding,
} from '../types.ts'
import { unkept } from '../unkept.ts'
import { untakenAfter } from '../untaken.ts'
import { soon } from './soon.ts'
import { assertOpen, type MemoryStore, makeReady } from './store.ts'

/** What the detector writes to the bus. Writes nothing before the store was made ready. */
export function createMemoryWriter(store: MemoryStore, options: EndOptions & { readonly bus: Bus }): BusWriter {
  const { bus, log } = options
  let isReady = false

  function assertReady(what: string): void {
    assertOpen(bus, what)
    if (!isReady) throw new BusStoreError(what, new Error('the store was not made ready'))
  }

  const writing: Writing = { store, bus, log, assertReady }

  return {
    ensureStore: (identity) =>
      soon(() => {
        assertOpen(bus, 'preparing the store')
        isReady = true
        return makeReady(store, identity)
      }),
    readBack: () =>
      soon(() => ({
        sources: readAll(writing, 'conditions'),
        conditions: readAll(writing, 'node_conditions'),
        problems: readAll(writing, 'problems'),
        monitors: readAll(writing, 'monitors'),
      })),
    put: (bucket, value) => soon(() => put(writing, bucket, value)),
    remove: (bucket, names) =>
      soon(() => {
        const key = STATE_BUCKETS[bucket].keyOf(names)
        assertReady(`deleting ${key} of ${bucket}`)
        store.buckets[bucket].remove(key)
      }),
    publishProblem: (value) =>
      soon(
        () =>
          void append(
            writing,
            'PROBLEMS',
            () => Problem.encode(value).finish(),
            `telling problem ${value.fingerprint}`,
          ),
      ),
    publishEvent: (value) =>
      soon(() => append(writing, streamOf(value), () => Event.encode(value).finish(), `telling event ${value.id}`)),
    publishMetrics: (value) =>
      bus.state === 'connected' ? (unkept(log, 'metrics', () => store.samples.tell(value, 'all')) ?? 0) : 0,
    publishHeartbeat(value) {
      if (bus.state !== 'connected') return
      unkept(log, 'heartbeat', () => {
        const bytes = Heartbeat.encode(value).finish()
        store.lastHeartbeat = { bytes, atMs: store.clock.monotonicMs() }
        store.post(() => store.heartbeats.tell(bytes))
      })
    },
    otherClients: () => soon(() => store.present.size),
    presentReaders: () => soon(() => new Set(store.present)),
    untakenEvents: (limit) => soon(() => untakenEvents(writing, limit)),
    standingOf: (stream) => soon(() => standingOf(store, stream)),
    eventsAfter: (stream, after, each) => soon(() => eventsAfter(writing, stream, after, each)),
  }
}

/** What every part of a writer has. */
interface Writing {
  readonly store: MemoryStore
  readonly bus: Bus
  readonly log: BusLog
  /** @throws BusStoreError, BusUnavailableError */
  assertReady(what: string): void
}

function put<B extends StateBucket>({ store, assertReady }: Writing, bucket: B, value: StateValue[B]): void {
  const { isOwn, encode } = STATE_BUCKETS[bucket]
  const key = keyOfValue(bucket, value)
  const what = `writing ${key} to ${bucket}`
  assertReady(what)
  const bytes = withinMessage(
    encoded(() => encode(value, MESSAGE_BYTES), what),
    MESSAGE_BYTES,
    what,
  )
  store.buckets[bucket].put({ key, bytes, isOwn: isOwn(value), what })
}

function append({ store, assertReady }: Writing, stream: StreamName, encode: () => Uint8Array, what: string): number {
  assertReady(what)
  return store.streams[stream].append(withinMessage(encoded(encode, what), MESSAGE_BYTES, what))
}

function readAll<B extends StateBucket>({ store, log }: Writing, bucket: B): StateValue[B][] {
  return store.buckets[bucket]
    .entries()
    .flatMap(([key, bytes]) => decodedOf(log, { where: bucket, key }, () => STATE_BUCKETS[bucket].decode(bytes)))
}

function eventsAfter(
  { store, log }: Writing,
  name: EventStream,
  after: number,
  each: (value: Event, sequence: number) => void,
): void {
  const stream = store.streams[name]
  const last = stream.lastSequence
  for (let next = stream.after(Math.max(0, after)); next !== undefined && next.sequence <= last; ) {
    const { bytes, sequence } = next
    for (const value of decodedOf(log, { where: name, key: String(sequence) }, () => Event.decode(bytes)))
      each(value, sequence)
    next = stream.after(sequence)
  }
}

function untakenEvents(writing: Writing, limit: number): Event[] {
  const untaken: Event[] = []
  const after = untakenAfter(standingOf(writing.store, 'EVENTS'), limit)
  eventsAfter(writing, 'EVENTS', after, (value) => untaken.push(value))
  return untaken
}

function streamOf(value: Event): EventStream {
  return eventSubject(value).startsWith('nd.event.info.') ? 'EVENTS_INFO' : 'EVENTS'
}

function standingOf(store: MemoryStore, name: EventStream): StreamStanding {
  const stream = store.streams[name]
  const services = CONSUMERS.filter(({ streams, hasLanes }) => !hasLanes && streams.includes(name)).map(
    ({ service }) => service,
  )
  return {
    firstSequence: stream.firstSequence,
    lastSequence: stream.lastSequence,
    readers: services.map((service) => ({ service, takenUpTo: stream.takenUpTo(service) })),
  }
}
