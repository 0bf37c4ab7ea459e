/** The detector's half of the bus: it alone creates and writes. */
import { ErrorCode, headers, type JetStreamClient, type NatsConnection, NatsError } from 'nats'
import {
  Event,
  Heartbeat,
  MetricBatch,
  MonitorState,
  NodeCondition,
  Problem,
  ProblemPhase,
  Severity,
  SourceCondition,
} from '#proto/nodedoctor/v1/types.ts'
import { ask } from './ask.ts'
import { type Asking, OPERATION_HEADER, readBucket } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { type AnyBucket, bucketStream, bucketSubject, CONSUMERS, SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { keys } from './names.ts'
import { createOrder, ORDER_HEADER } from './order.ts'
import { presenceSubject } from './permissions.ts'
import { ensureStore, readUntaken } from './store.ts'
import { encodeToken, joinTokens } from './tokens.ts'
import type { BusWriter } from './types.ts'

const PUBLISH_TIMEOUT_MS = 5000
/** The server's code for "maximum bytes exceeded". */
const MAXIMUM_BYTES = 10077
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
  return err instanceof NatsError && err.api_error?.err_code === MAXIMUM_BYTES
}

interface Decodes<T> {
  decode(bytes: Uint8Array): T
}

export function createBusWriter(bus: ConnectedBus): BusWriter {
  let order: (() => string) | undefined
  let client: { nc: NatsConnection; js: JetStreamClient } | undefined

  function asking(what: string): Asking {
    return { nc: bus.connection(what), api: bus.api }
  }

  function jetstream(what: string): JetStreamClient {
    const nc = bus.connection(what)
    if (client?.nc !== nc) client = { nc, js: nc.jetstream({ timeout: PUBLISH_TIMEOUT_MS }) }
    return client.js
  }

  /** @returns the sequence that the store gave it */
  async function publish(
    subject: string,
    bytes: Uint8Array,
    { what, head }: { what: string; head?: Readonly<Record<string, string>> },
  ): Promise<number> {
    const js = jetstream(what)
    const sent = headers()
    for (const [name, value] of Object.entries(head ?? {})) sent.set(name, value)
    const part = partOf(subject)
    try {
      const { seq } = await js.publish(subject, bytes, head === undefined ? {} : { headers: sent })
      bus.trouble.succeeded(part)
      return seq
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
      const { meta, fresh, life } = await ensureStore(asking('preparing the store'), identity, bus.log)
      order = createOrder(life)
      return { meta, fresh }
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
    putSourceCondition: (value) => {
      const { type = '', entity = '' } = value.observation ?? {}
      return put(
        'conditions',
        keys.source({ monitor: value.monitor, type, entity }),
        SourceCondition.encode(value).finish(),
      )
    },
    deleteSourceCondition: (key) => remove('conditions', keys.source(key)),
    putNodeCondition: (value) => put('node_conditions', keys.condition(value), NodeCondition.encode(value).finish()),
    deleteNodeCondition: (key) => remove('node_conditions', keys.condition(key)),
    putProblem: (value) => put('problems', keys.problem(value.fingerprint), Problem.encode(value).finish()),
    deleteProblem: (fingerprint) => remove('problems', keys.problem(fingerprint)),
    putMonitor: (value) => put('monitors', keys.monitor(value.name), MonitorState.encode(value).finish()),
    deleteMonitor: (name) => remove('monitors', keys.monitor(name)),
    publishProblem: (value) => {
      const subject = joinTokens('nd', 'problem', phaseTokens[value.phase] ?? 'changed', encodeToken(value.type))
      return tell(subject, Problem.encode(value).finish(), `telling problem ${value.fingerprint}`)
    },
    publishEvent: (value) => {
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
      bus
        .connection('publishing metrics')
        .publish(`${SUBJECT_METRICS}.${joinTokens(encodeToken(value.monitor))}`, MetricBatch.encode(value).finish())
    },
    publishHeartbeat: (value) => {
      if (bus.state !== 'connected') return
      bus.connection('publishing the heartbeat').publish(SUBJECT_HEARTBEAT, Heartbeat.encode(value).finish())
    },
  }
}
