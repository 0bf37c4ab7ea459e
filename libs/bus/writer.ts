/** The detector's half of the bus: it alone creates and writes. */
import { ErrorCode, NatsError } from 'nats'
import {
  Event,
  Heartbeat,
  MonitorState,
  NodeCondition,
  Problem,
  ProblemPhase,
  Severity,
  SourceCondition,
} from '#proto/nodedoctor/v1/types.ts'
import { ApiError, ask, publishKept } from './ask.ts'
import { type Asking, OPERATION_HEADER, readBucket } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { type AnyBucket, bucketStream, bucketSubject, CONSUMERS, SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { metricParts } from './metric-parts.ts'
import { keys } from './names.ts'
import { createOrder, ORDER_HEADER } from './order.ts'
import { presenceSubject } from './permissions.ts'
import { ensureStore, readUntaken } from './store.ts'
import { encodeToken, joinTokens } from './tokens.ts'
import type { BusWriter } from './types.ts'

/** The server's words; the code beside them stands for every error of a store. */
const MAXIMUM_BYTES = 'maximum bytes exceeded'
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
function isFull(err: unknown): boolean {
  return err instanceof ApiError && err.message === MAXIMUM_BYTES
}

interface Decodes<T> {
  decode(bytes: Uint8Array): T
}

export function createBusWriter(bus: ConnectedBus): BusWriter {
  let order: (() => string) | undefined

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
    try {
      const sequence = await publishKept(nc, subject, bytes, head)
      bus.trouble.succeeded(part)
      return sequence
    } catch (err) {
      if (!isFull(err)) bus.trouble.failed(part, performance.now())
      throw new BusStoreError(what, err)
    }
  }

  function ordered(what: string): Readonly<Record<string, string>> {
    if (order === undefined) throw new BusStoreError(what, new Error('the store was not made ready'))
    return { [ORDER_HEADER]: order() }
  }

  async function put(bucket: AnyBucket, key: string, bytes: Uint8Array): Promise<void> {
    const what = `writing ${key} to ${bucket}`
    await publish(`${bucketSubject(bucket)}.${key}`, bytes, { what, head: ordered(what) })
  }

  async function tell(subject: string, bytes: Uint8Array, what: string): Promise<void> {
    await publish(subject, bytes, { what })
  }

  /** Listeners hear the marker; the purge after it leaves nothing behind, and spares what was put since. */
  async function remove(bucket: AnyBucket, key: string): Promise<void> {
    const what = `deleting ${key} of ${bucket}`
    const subject = `${bucketSubject(bucket)}.${key}`
    const head = { ...ordered(what), [OPERATION_HEADER]: 'DEL' }
    const sequence = await publish(subject, new Uint8Array(), { what, head })
    const { nc, api } = asking(what)
    await ask(nc, `${api}.STREAM.PURGE.${bucketStream(bucket)}`, { filter: subject, seq: sequence + 1 })
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

  async function readAll<T>(bucket: AnyBucket, message: Decodes<T>): Promise<T[]> {
    const entries = await readBucket(asking(`reading ${bucket}`), bucket)
    return entries.flatMap(({ key, bytes }) => decoded(bucket, key, message, bytes))
  }

  return {
    async ensureStore(identity) {
      try {
        const { meta, fresh, life } = await ensureStore(asking('preparing the store'), identity, bus.log)
        order = createOrder(life)
        bus.trouble.succeeded(STORE)
        return { meta, fresh }
      } catch (err) {
        bus.trouble.failed(STORE, performance.now())
        throw err
      }
    },
    async readBack() {
      const [sources, conditions, problems, monitors] = await Promise.all([
        readAll('conditions', SourceCondition),
        readAll('node_conditions', NodeCondition),
        readAll('problems', Problem),
        readAll('monitors', MonitorState),
      ])
      return { sources, conditions, problems, monitors }
    },
    putSourceCondition: async (value) => {
      const { type = '', entity = '' } = value.observation ?? {}
      return put(
        'conditions',
        keys.source({ monitor: value.monitor, type, entity }),
        SourceCondition.encode(value).finish(),
      )
    },
    deleteSourceCondition: async (key) => remove('conditions', keys.source(key)),
    putNodeCondition: async (value) =>
      put('node_conditions', keys.condition(value), NodeCondition.encode(value).finish()),
    deleteNodeCondition: async (key) => remove('node_conditions', keys.condition(key)),
    putProblem: async (value) => put('problems', keys.problem(value.fingerprint), Problem.encode(value).finish()),
    deleteProblem: async (fingerprint) => remove('problems', keys.problem(fingerprint)),
    putMonitor: async (value) => put('monitors', keys.monitor(value.name), MonitorState.encode(value).finish()),
    deleteMonitor: async (name) => remove('monitors', keys.monitor(name)),
    publishProblem: async (value) => {
      const subject = joinTokens('nd', 'problem', phaseTokens[value.phase] ?? 'changed', encodeToken(value.type))
      return tell(subject, Problem.encode(value).finish(), `telling problem ${value.fingerprint}`)
    },
    publishEvent: async (value) => {
      const subject = joinTokens('nd', 'event', severityTokens[value.severity] ?? 'info', encodeToken(value.reason))
      return tell(subject, Event.encode(value).finish(), `telling event ${value.id}`)
    },
    async otherClients() {
      const present = await Promise.all(CONSUMERS.map(({ service }) => isPresent(service)))
      return present.filter(Boolean).length
    },
    async untakenEvents(limit) {
      const untaken = await readUntaken(asking('reading events that nobody took'), 'EVENTS', limit)
      return untaken.flatMap((bytes) => decoded('EVENTS', '', Event, bytes))
    },
    publishMetrics: (value) => {
      if (bus.state !== 'connected') return
      const connection = bus.connection('publishing metrics')
      const subject = `${SUBJECT_METRICS}.${joinTokens(encodeToken(value.monitor))}`
      for (const part of metricParts(value)) connection.publish(subject, part)
    },
    publishHeartbeat: (value) => {
      if (bus.state !== 'connected') return
      bus.connection('publishing the heartbeat').publish(SUBJECT_HEARTBEAT, Heartbeat.encode(value).finish())
    },
  }
}
