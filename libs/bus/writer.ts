/** The detector's half of the bus: it alone creates and writes. */
import { type ConsumerInfo, headers, type JetStreamClient, type NatsConnection } from 'nats'
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
import { OPERATION_HEADER, readBucket } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { type AnyBucket, bucketStream, bucketSubject, CONSUMERS, SUBJECT_HEARTBEAT, SUBJECT_METRICS } from './layout.ts'
import { keys } from './names.ts'
import { createOrder, ORDER_HEADER } from './order.ts'
import { ensureStore } from './store.ts'
import { encodeToken, joinTokens } from './tokens.ts'
import type { BusWriter } from './types.ts'

const PUBLISH_TIMEOUT_MS = 5000

const severityTokens: Readonly<Record<number, string>> = {
  [Severity.WARNING]: 'warning',
  [Severity.ERROR]: 'error',
  [Severity.CRITICAL]: 'critical',
}
const phaseTokens: Readonly<Record<number, string>> = {
  [ProblemPhase.OPENED]: 'opened',
  [ProblemPhase.RESOLVED]: 'resolved',
}

interface Decodes<T> {
  decode(bytes: Uint8Array): T
}

export function createBusWriter(bus: ConnectedBus): BusWriter {
  const order = createOrder(Date.now())
  let client: { nc: NatsConnection; js: JetStreamClient } | undefined

  function jetstream(what: string): JetStreamClient {
    const nc = bus.connection(what)
    if (client?.nc !== nc) client = { nc, js: nc.jetstream({ timeout: PUBLISH_TIMEOUT_MS }) }
    return client.js
  }

  async function publish(subject: string, bytes: Uint8Array, what: string, operation?: string): Promise<void> {
    const head = headers()
    if (subject.startsWith('$KV.')) head.set(ORDER_HEADER, order())
    if (operation !== undefined) head.set(OPERATION_HEADER, operation)
    const js = jetstream(what)
    try {
      await js.publish(subject, bytes, { headers: head })
    } catch (err) {
      throw new BusStoreError(what, err)
    }
  }

  function put(bucket: AnyBucket, key: string, bytes: Uint8Array): Promise<void> {
    return publish(`${bucketSubject(bucket)}.${key}`, bytes, `writing ${key} to ${bucket}`)
  }

  /** Listeners hear the marker; the purge after it leaves nothing behind. */
  async function remove(bucket: AnyBucket, key: string): Promise<void> {
    const subject = `${bucketSubject(bucket)}.${key}`
    await publish(subject, new Uint8Array(), `deleting ${key} of ${bucket}`, 'DEL')
    const nc = bus.connection(`deleting ${key} of ${bucket}`)
    await nc.request(`$JS.API.STREAM.PURGE.${bucketStream(bucket)}`, JSON.stringify({ filter: subject }), {
      timeout: PUBLISH_TIMEOUT_MS,
    })
  }

  async function readAll<T>(bucket: AnyBucket, message: Decodes<T>): Promise<T[]> {
    const entries = await readBucket(bus.connection(`reading ${bucket}`), bucket)
    return entries.flatMap(({ key, bytes }) => {
      try {
        return [message.decode(bytes)]
      } catch (err) {
        bus.log.error('value of a bucket cannot be decoded and is left out', { bucket, key, err })
        return []
      }
    })
  }

  return {
    ensureStore: (identity) => ensureStore(bus.connection('preparing the store'), identity),
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
      return publish(subject, Problem.encode(value).finish(), `telling problem ${value.fingerprint}`)
    },
    publishEvent: (value) => {
      const subject = joinTokens('nd', 'event', severityTokens[value.severity] ?? 'info', encodeToken(value.reason))
      return publish(subject, Event.encode(value).finish(), `telling event ${value.id}`)
    },
    async otherClients() {
      const nc = bus.connection('counting readers')
      const waiting = await Promise.all(
        CONSUMERS.map(async ({ service }) => {
          const answer = await nc.request(`$JS.API.CONSUMER.INFO.PROBLEMS.${service}`, '', { timeout: 1000 })
          return (answer.json<Partial<ConsumerInfo>>().num_waiting ?? 0) > 0 ? 1 : 0
        }),
      )
      return waiting.reduce((sum: number, one) => sum + one, 0)
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
