/** Taking a stream's messages in order, one at a time, acknowledged only once their effect is done. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Msg, NatsConnection } from 'nats'
import { backoffMs } from '#pace'
import { ANSWERS, againAfter, type Delivery, parseAckSubject, renderAckSubject } from './ack-subject.ts'
import { ask } from './ask.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { ACK_WAIT_MS } from './layout.ts'
import { createPull, type Pull } from './pull.ts'
import { RETRY } from './retry.ts'
import type { StreamHandler, StreamName } from './types.ts'

const NANOS_PER_MS = 1e6
/** How long a refused message rests. */
const AGAIN_MS = 1000
const NOT_READY_MS = 200

export interface ConsumeOptions<T> {
  readonly bus: ConnectedBus
  readonly stream: StreamName
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: StreamHandler<T>
  readonly signal: AbortSignal
  readonly ready: () => boolean
  readonly onPoison: (stream: string, key: string, err: unknown) => void
  /** The stream ends before what was already taken from it: it is not the one it was. */
  readonly onBackwards: () => void
}

export interface Consumption {
  /** Forgets the position and asks where the durable stands: the store is another. */
  reset(): void
}

interface DurableInfo {
  readonly config: { readonly ack_wait?: number }
  readonly delivered: { readonly stream_seq: number; readonly consumer_seq: number }
  readonly ack_floor: { readonly stream_seq: number }
  readonly num_ack_pending: number
}

interface StreamEnd {
  readonly state: { readonly last_seq: number }
}

export function consume<T>(options: ConsumeOptions<T>): Consumption {
  const { bus, stream, handler, signal, ready } = options
  const durable = bus.name
  /** The last sequence seen, over all connections. */
  let position = 0
  let pull: Pull | undefined
  let isRefusing = false
  /** The server is told this often that work goes on, so that it does not deliver again what is only slow. */
  let workingMs = ACK_WAIT_MS / 3

  function answer(to: string, text: string): void {
    try {
      bus.connection(`answering ${stream}`).publish(to, text)
    } catch {
      // Not connected: the message comes again, which its consumer has to bear anyway.
    }
  }

  /** While the destination is away a message that was already asked for is held, not handed on. */
  async function untilReady(to: string): Promise<boolean> {
    let silentMs = 0
    while (!signal.aborted && !ready()) {
      await sleep(NOT_READY_MS, undefined, { signal }).catch(() => undefined)
      silentMs += NOT_READY_MS
      if (silentMs < workingMs) continue
      silentMs = 0
      answer(to, ANSWERS.working)
    }
    return !signal.aborted
  }

  function tellGap(missed: number): void {
    bus.log.warn('messages fell out of a stream before they were read', { stream, missed })
    try {
      handler.gap(missed)
    } catch (err) {
      bus.log.error('gap of a stream could not be taken', { stream, err })
    }
  }

  async function hand(value: T, message: Msg, delivery: Delivery): Promise<void> {
    const to = message.reply ?? ''
    const keepAlive = setInterval(() => answer(to, ANSWERS.working), workingMs)
    try {
      await handler.message(value, {
        sequence: delivery.streamSequence,
        time: delivery.time,
        redelivered: delivery.deliveries > 1,
      })
      answer(to, ANSWERS.done)
      isRefusing = false
    } catch (err) {
      // Said once, until something is taken again: a destination that is away is tried each second.
      const say = isRefusing ? bus.log.debug : bus.log.warn
      say('message of a stream was not taken and comes again', { stream, sequence: delivery.streamSequence, err })
      isRefusing = true
      answer(to, againAfter(AGAIN_MS))
    } finally {
      clearInterval(keepAlive)
    }
  }

  async function handle(message: Msg): Promise<void> {
    const to = message.reply ?? ''
    const delivery = parseAckSubject(to)
    if (delivery === undefined) throw new BusStoreError(`reading ${stream}`, new Error(`answered on ${to}`))
    if (!(await untilReady(to))) return answer(to, ANSWERS.again)
    const sequence = delivery.streamSequence
    if (sequence > position + 1) tellGap(sequence - position - 1)
    position = Math.max(position, sequence)
    let value: T
    try {
      value = options.decode(message.data)
    } catch (err) {
      options.onPoison(stream, String(sequence), err)
      return answer(to, ANSWERS.never)
    }
    await hand(value, message, delivery)
  }

  /** Where durable and stream stand. What a former life got and never answered is asked for again at once. */
  async function standing(nc: NatsConnection): Promise<void> {
    const [info, end] = await Promise.all([
      ask<DurableInfo>(nc, `${bus.api}.CONSUMER.INFO.${stream}.${durable}`),
      ask<StreamEnd>(nc, `${bus.api}.STREAM.INFO.${stream}`),
    ])
    workingMs = (info.config.ack_wait ?? ACK_WAIT_MS * NANOS_PER_MS) / NANOS_PER_MS / 3
    if (end.state.last_seq < position) {
      position = 0
      options.onBackwards()
    }
    position = Math.max(position, info.ack_floor.stream_seq)
    if (info.num_ack_pending === 0) return
    const { stream_seq: streamSequence, consumer_seq: consumerSequence } = info.delivered
    nc.publish(renderAckSubject(stream, durable, { streamSequence, consumerSequence }), ANSWERS.again)
  }

  async function take(nc: NatsConnection): Promise<void> {
    await standing(nc)
    if (signal.aborted || nc.isClosed()) return
    const own = createPull({ nc, api: bus.api, stream, durable })
    pull = own
    signal.addEventListener('abort', own.close, { once: true })
    void nc.closed().then(own.close)
    try {
      while (!signal.aborted && !nc.isClosed() && pull === own) {
        if (!ready()) {
          await sleep(NOT_READY_MS, undefined, { signal }).catch(() => undefined)
          continue
        }
        const message = await own.next()
        if (message !== undefined) await handle(message)
      }
    } finally {
      signal.removeEventListener('abort', own.close)
      own.close()
    }
  }

  async function live(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        await bus.connected(signal)
        await take(bus.connection(`reading ${stream}`))
        failures = 0
      } catch (err) {
        if (signal.aborted || bus.state === 'closed') return
        bus.log.debug('stream cannot be read yet', { stream, err })
        await sleep(backoffMs(failures++, RETRY), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  void live()
  return {
    reset() {
      position = 0
      const own = pull
      pull = undefined
      own?.close()
    },
  }
}
