/** Taking a stream's messages in order, one at a time, acknowledged only once their effect is done. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsMsg, NatsConnection } from 'nats'
import type { ConnectedBus } from './connect.ts'
import { ACK_WAIT_MS } from './layout.ts'
import type { StreamHandler, StreamName } from './types.ts'

/** How long one request waits for a message. */
const EXPIRES_MS = 5000
const RETRY_MS = 500

export interface ConsumeOptions<T> {
  readonly bus: ConnectedBus
  readonly stream: StreamName
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: StreamHandler<T>
  readonly signal: AbortSignal
  readonly ready: () => boolean
  readonly onPoison: (stream: string, key: string, err: unknown) => void
}

async function handle<T>(message: JsMsg, options: ConsumeOptions<T>): Promise<void> {
  const { handler, stream, onPoison } = options
  const sequence = message.info.streamSequence
  let value: T
  try {
    value = options.decode(message.data)
  } catch (err) {
    onPoison(stream, String(sequence), err)
    message.term()
    return
  }
  // The server is told that work goes on, so that it does not deliver again what is only slow.
  const keepAlive = setInterval(() => message.working(), ACK_WAIT_MS / 3)
  try {
    await handler.message(value, {
      sequence,
      time: new Date(message.info.timestampNanos / 1e6),
      redelivered: message.redelivered,
    })
    message.ack()
  } catch (err) {
    options.bus.log.warn('message of a stream was not taken and comes again', { stream, sequence, err })
    message.nak(1000)
    await sleep(RETRY_MS)
  } finally {
    clearInterval(keepAlive)
  }
}

export function consume<T>(options: ConsumeOptions<T>): void {
  const { bus, stream, handler, signal, ready } = options

  async function take(nc: NatsConnection): Promise<void> {
    const consumer = await nc.jetstream({ timeout: 5000 }).consumers.get(stream, bus.name)
    const info = await consumer.info(true)
    let last = info.ack_floor.stream_seq
    const closed = nc.closed()
    while (!signal.aborted && !nc.isClosed()) {
      if (!ready()) {
        await sleep(200, undefined, { signal }).catch(() => undefined)
        continue
      }
      // A request on a connection that was cut may never be answered.
      const message = await Promise.race([consumer.next({ expires: EXPIRES_MS }), closed])
      if (message === null || message === undefined || message instanceof Error) continue
      const sequence = message.info.streamSequence
      if (last > 0 && sequence > last + 1) handler.gap(sequence - last - 1)
      last = Math.max(last, sequence)
      await handle(message, options)
    }
  }

  async function live(): Promise<void> {
    while (!signal.aborted) {
      try {
        await bus.connected(signal)
        await take(bus.connection(`reading ${stream}`))
      } catch (err) {
        if (signal.aborted) return
        bus.log.debug('stream cannot be read yet', { stream, err })
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  void live()
}
