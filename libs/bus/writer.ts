/** The detector's half of the bus: it alone creates and writes. */
import { ErrorCode, NatsError } from 'nats'
import { Event, Heartbeat, type MetricBatch, Problem, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { ApiError, ask, publishKept } from './ask.ts'
import { type Asking, OPERATION_HEADER, readBucket } from './bucket.ts'
import { keyOfValue, STATE_BUCKETS } from './buckets.ts'
import type { ConnectedBus } from './connect.ts'
import { BusRefusedError, BusStoreError } from './errors.ts'
import { bucketStream, bucketSubject, CONSUMERS, SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { metricParts } from './metric-parts.ts'
import { createOrder, ORDER_HEADER } from './order.ts'
import { presenceSubject } from './permissions.ts'
import { createBucketRoom } from './room.ts'
import { HEAD_BYTES, MAX_PAYLOAD_BYTES } from './server-config.ts'
import { readAfter, standingOf } from './standing.ts'
import { ensureStore } from './store.ts'
import { encodeToken, joinTokens } from './tokens.ts'
import type { BusWriter, EventStream, StateBucket, StateKey, StateValue } from './types.ts'

/** The server's words; the code beside them stands for every error of a store. */
const FULL: readonly string[] = ['maximum bytes exceeded', 'maximum messages exceeded']
const OVERSIZED = 'message size exceeds maximum allowed'
/** Stands for the store as a whole among what takes nothing. */
const STORE = 'store'
/** "Nobody listens" comes within a millisecond. */
const PRESENCE_TIMEOUT_MS = 250

const severityTokens: Readonly<Record<number, string>> = {
  [Severity.WARNING]: 'warning',
  [Severity.ERROR]: 'error',
  [Severity.CRITICAL]: 'critical',
}
const phaseTokens: Readonly<Record<number, string>> = {
  [ProblemPhase.OPENED]: 'opened',
  [ProblemPhase.RESOLVED]: 'resolved',
}

/** What of the store a subject belongs to: "nd.event", "$KV.problems". */
function partOf(subject: string): string {
  return subject.split('.', 2).join('.')
}

/** A bucket at its limit says so; that is no trouble of the server. */
function refusal(what: string, err: unknown): BusRefusedError | undefined {
  if (!(err instanceof ApiError)) return undefined
  if (FULL.includes(err.message)) return new BusRefusedError(what, 'full', err)
  return err.message === OVERSIZED ? new BusRefusedError(what, 'oversized', err) : undefined
}

/** @throws BusRefusedError for a value that no message can hold */
function encoded(encode: () => Uint8Array, what: string): Uint8Array {
  try {
    return encode()
  } catch (err) {
    throw new BusRefusedError(what, 'undecodable', err)
  }
}

interface Decodes<T> {
  decode(bytes: Uint8Array): T
}

/** What the detector writes to the bus. Only one at a time may write to a store. */
export function createBusWriter(bus: ConnectedBus): BusWriter {
  let order: (() => string) | undefined
  const room = createBucketRoom()

  function asking(what: string): Asking {
    return { nc: bus.connection(what), api: bus.api }
  }

  /** @returns the sequence that the store gave it */
  async function publish(
    subject: string,
    bytes: Uint8Array,
    { what, head }: { what: string; head?: Readonly<Record<string, string>> },
  ): Promise<number> {
    const { nc } = asking(what)
    const part = partOf(subject)
    const most = maxBytes()
    if (bytes.length > most)
      throw new BusRefusedError(what, 'oversized', new Error(`it is ${bytes.length} bytes, a message may have ${most}`))
    try {
      const sequence = await publishKept(nc, subject, bytes, head)
      bus.trouble.succeeded(part)
      return sequence
    } catch (err) {
      const refused = refusal(what, err)
      if (refused === undefined) bus.trouble.failed(part, bus.clock.monotonicMs())
      throw refused ?? new BusStoreError(what, err)
    }
  }

  function ordered(what: string): Readonly<Record<string, string>> {
    if (order === undefined) throw new BusStoreError(what, new Error('the store was not made ready'))
    return { [ORDER_HEADER]: order() }
  }

  /** What a message may hold beside its head. An external server may want less than ours. */
  function maxBytes(): number {
    const ofServer = bus.connection('writing').info?.max_payload ?? MAX_PAYLOAD_BYTES
    return Math.min(ofServer, MAX_PAYLOAD_BYTES) - HEAD_BYTES
  }

  async function put<B extends StateBucket>(bucket: B, value: StateValue[B]): Promise<void> {
    const { isOwn, encode } = STATE_BUCKETS[bucket]
    const key = keyOfValue(bucket, value)
    const what = `writing ${key} to ${bucket}`
    const most = maxBytes()
    const bytes = encoded(() => encode(value, most), what)
    if (!room.fits(bucket, key, bytes.length, isOwn(value)))
      throw new BusRefusedError(what, 'full', new Error('what is left of the bucket is kept for the detector itself'))
    const head = ordered(what)
    const undo = room.took(bucket, key, bytes.length)
    try {
      await publish(`${bucketSubject(bucket)}.${key}`, bytes, { what, head })
    } catch (err) {
      if (err instanceof BusRefusedError) undo()
      throw err
    }
  }

  /** @returns how many samples no message could hold */
  function tellMetrics(batch: MetricBatch): number {
    const subject = `${SUBJECT_METRICS}.${joinTokens(encodeToken(batch.monitor))}`
    const { parts, leftOut } = metricParts(batch, maxBytes())
    for (const part of parts) bus.connection('publishing metrics').publish(subject, part)
    return leftOut
  }

  /** For what nobody waits for. */
  function unkept(what: string, act: () => void): void {
    if (bus.state !== 'connected') return
    try {
      act()
    } catch (err) {
      bus.log.warn('what is not kept could not be published', { what, err })
    }
  }

  /** The services of the readers that are on the bus now. */
  async function presentReaders(): Promise<ReadonlySet<string>> {
    const services = CONSUMERS.map(({ service }) => service)
    const present = await Promise.all(services.map(isPresent))
    return new Set(services.filter((_, index) => present[index]))
  }

  /** Listeners hear the marker; the purge after it leaves nothing behind, and spares what was put since. */
  async function remove<B extends StateBucket>(bucket: B, names: StateKey[B]): Promise<void> {
    const key = STATE_BUCKETS[bucket].keyOf(names)
    const what = `deleting ${key} of ${bucket}`
    const subject = `${bucketSubject(bucket)}.${key}`
    const head = { ...ordered(what), [OPERATION_HEADER]: 'DEL' }
    // A bucket without room for the marker keeps none; whoever listens hears it all the same.
    const sequence = await publish(subject, new Uint8Array(), { what, head }).catch((err: unknown) => {
      if (err instanceof BusRefusedError && err.why === 'full') return undefined
      throw err
    })
    const { nc, api } = asking(what)
    const upTo = sequence === undefined ? {} : { seq: sequence + 1 }
    await ask(nc, `${api}.STREAM.PURGE.${bucketStream(bucket)}`, { filter: subject, ...upTo })
    room.gone(bucket, key)
  }

  /** Nobody listening is an answer of its own; whoever listens says nothing. */
  async function isPresent(service: string): Promise<boolean> {
    const { nc } = asking('counting readers')
    try {
      await nc.request(presenceSubject(service), '', { timeout: PRESENCE_TIMEOUT_MS })
      return true
    } catch (err) {
      if (!(err instanceof NatsError)) throw err
      if (err.code === ErrorCode.Timeout) return true
      if (err.code === ErrorCode.NoResponders) return false
      throw err
    }
  }

  /** None or one. */
  function decoded<T>(where: string, key: string, message: Decodes<T>, bytes: Uint8Array): T[] {
    try {
      return [message.decode(bytes)]
    } catch (err) {
      bus.log.error('what the bus holds cannot be decoded and is left out', { where, key, err })
      return []
    }
  }

  async function eventsAfter(
    stream: EventStream,
    after: number,
    each: (value: Event, sequence: number) => void,
  ): Promise<void> {
    await readAfter(asking(`reading ${stream}`), stream, Math.max(0, after), (bytes, sequence) => {
      for (const value of decoded(stream, String(sequence), Event, bytes)) each(value, sequence)
    })
  }

  async function readAll<B extends StateBucket>(bucket: B): Promise<StateValue[B][]> {
    const entries = await readBucket(asking(`reading ${bucket}`), bucket)
    for (const { key, bytes } of entries) room.took(bucket, key, bytes.length)
    return entries.flatMap(({ key, bytes }) => decoded(bucket, key, STATE_BUCKETS[bucket], bytes))
  }

  return {
    async ensureStore(identity) {
      try {
        const { meta, fresh, life } = await ensureStore(asking('preparing the store'), identity, bus.log)
        order = createOrder(life)
        if (fresh) room.clear()
        bus.trouble.succeeded(STORE)
        return { meta, fresh }
      } catch (err) {
        bus.trouble.failed(STORE, bus.clock.monotonicMs())
        throw err
      }
    },
    async readBack() {
      const [sources, conditions, problems, monitors] = await Promise.all([
        readAll('conditions'),
        readAll('node_conditions'),
        readAll('problems'),
        readAll('monitors'),
      ])
      return { sources, conditions, problems, monitors }
    },
    put,
    remove,
    publishProblem: async (value) => {
      const subject = joinTokens('nd', 'problem', phaseTokens[value.phase] ?? 'changed', encodeToken(value.type))
      const what = `telling problem ${value.fingerprint}`
      await publish(
        subject,
        encoded(() => Problem.encode(value).finish(), what),
        { what },
      )
    },
    publishEvent: async (value) => {
      const subject = joinTokens('nd', 'event', severityTokens[value.severity] ?? 'info', encodeToken(value.reason))
      const what = `telling event ${value.id}`
      return publish(
        subject,
        encoded(() => Event.encode(value).finish(), what),
        { what },
      )
    },
    otherClients: async () => (await presentReaders()).size,
    presentReaders,
    async untakenEvents(limit) {
      const { lastSequence, readers } = await standingOf(asking('reading events that nobody took'), 'EVENTS')
      const after = Math.max(lastSequence - limit, ...readers.map(({ takenUpTo }) => takenUpTo))
      const untaken: Event[] = []
      if (after < lastSequence) await eventsAfter('EVENTS', after, (value) => untaken.push(value))
      return untaken
    },
    standingOf: async (stream) => standingOf(asking(`reading ${stream}`), stream),
    eventsAfter,
    publishMetrics(value) {
      let leftOut = 0
      // Samples are not kept: what cannot be told is never the end of whoever tells.
      unkept('metrics', () => {
        leftOut = tellMetrics(value)
      })
      return leftOut
    },
    publishHeartbeat: (value) =>
      unkept('heartbeat', () =>
        bus.connection('publishing the heartbeat').publish(SUBJECT_HEARTBEAT, Heartbeat.encode(value).finish()),
      ),
  }
}
