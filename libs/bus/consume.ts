/** Taking a stream's messages in order, one at a time, acknowledged only once their effect is done. */
import type { Msg, NatsConnection } from 'nats'
import type { Clock } from '#clock'
import { backoffMs } from '#pace'
import { ANSWERS, againAfter, type Delivery, parseAckSubject, renderAckSubject } from './ack-subject.ts'
import { ask } from './ask.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { ACK_WAIT_MS } from './layout.ts'
import { createPull, type Pull } from './pull.ts'
import { createReadability, type Readability } from './readability.ts'
import { restUnready } from './rest-unready.ts'
import { RETRY } from './retry.ts'
import type { OnReadability, StreamHandler, StreamName } from './types.ts'

const NANOS_PER_MS = 1e6
/** How long a refused message rests. */
const AGAIN_MS = 1000
/** How long a stream rests whose bus knows of no such reader: each question that is refused is a warning of the connection. */
const HOPELESS_MS = 30_000

export interface ConsumeOptions<T> {
  readonly bus: ConnectedBus
  readonly stream: StreamName
  /** Whose position it takes from. */
  readonly durable: string
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: StreamHandler<T>
  readonly signal: AbortSignal
  readonly ready: () => boolean
  /** Calls when it may be ready. @returns its end */
  readonly onReady: (listener: () => void) => () => void
  readonly onPoison: (stream: string, key: string, err: unknown) => void
  readonly onReadability: OnReadability
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

/** Where a consumption stands. */
interface Reading<T> extends ConsumeOptions<T> {
  readonly clock: Clock
  readonly readability: Readability
  /** The last sequence seen, over all connections. */
  position: number
  pull: Pull | undefined
  isRefusing: boolean
  /** The server is told this often that work goes on, so that it does not deliver again what is only slow. */
  workingMs: number
}

function answer<T>({ bus, stream }: Reading<T>, to: string, text: string): void {
  try {
    bus.connection(`answering ${stream}`).publish(to, text)
  } catch {
    // Not connected: the message comes again, which its consumer has to bear anyway.
  }
}

/** No longer than the connection lives: over the next one all may be otherwise. */
async function rest<T>({ bus, clock, signal }: Reading<T>, ms: number): Promise<void> {
  const moved = new AbortController()
  const end = bus.onState(() => moved.abort())
  await clock.sleep(ms, AbortSignal.any([signal, moved.signal])).catch(() => undefined)
  end()
}

/** While the destination is away a message that was already asked for is held, not handed on. */
async function untilReady<T>(reading: Reading<T>, to: string): Promise<boolean> {
  const { clock, signal, ready } = reading
  let toldMs = clock.monotonicMs()
  while (!signal.aborted && !ready()) {
    await restUnready(reading, toldMs + reading.workingMs - clock.monotonicMs())
    if (clock.monotonicMs() - toldMs < reading.workingMs) continue
    toldMs = clock.monotonicMs()
    answer(reading, to, ANSWERS.working)
  }
  return !signal.aborted
}

function tellGap<T>({ bus, stream, handler }: Reading<T>, missed: number): void {
  bus.log.warn('messages fell out of a stream before they were read', { stream, missed })
  try {
    handler.gap(missed)
  } catch (err) {
    bus.log.error('gap of a stream could not be taken', { stream, err })
  }
}

/** Says again and again that work goes on. @returns its end */
function keepAlive<T>(reading: Reading<T>, to: string): () => void {
  function again(): void {
    answer(reading, to, ANSWERS.working)
    callOff = reading.clock.after(reading.workingMs, again)
  }
  let callOff = reading.clock.after(reading.workingMs, again)
  return () => callOff()
}

async function hand<T>(reading: Reading<T>, value: T, to: string, delivery: Delivery): Promise<void> {
  const { bus, stream, handler } = reading
  const endKeeping = keepAlive(reading, to)
  try {
    await handler.message(value, {
      sequence: delivery.streamSequence,
      time: delivery.time,
      redelivered: delivery.deliveries > 1,
    })
    answer(reading, to, ANSWERS.done)
    reading.isRefusing = false
  } catch (err) {
    // Said once, until something is taken again: a destination that is away is tried each second.
    const say = reading.isRefusing ? bus.log.debug : bus.log.warn
    say('message of a stream was not taken and comes again', { stream, sequence: delivery.streamSequence, err })
    reading.isRefusing = true
    answer(reading, to, againAfter(AGAIN_MS))
  } finally {
    endKeeping()
  }
}

async function handle<T>(reading: Reading<T>, message: Msg): Promise<void> {
  const { stream } = reading
  const to = message.reply ?? ''
  const delivery = parseAckSubject(to)
  if (delivery === undefined) throw new BusStoreError(`reading ${stream}`, new Error(`answered on ${to}`))
  if (!(await untilReady(reading, to))) return answer(reading, to, ANSWERS.again)
  const sequence = delivery.streamSequence
  if (sequence > reading.position + 1) tellGap(reading, sequence - reading.position - 1)
  reading.position = Math.max(reading.position, sequence)
  let value: T
  try {
    value = reading.decode(message.data)
  } catch (err) {
    reading.onPoison(stream, String(sequence), err)
    return answer(reading, to, ANSWERS.never)
  }
  await hand(reading, value, to, delivery)
}

/** Where durable and stream stand. What a former life got and never answered is asked for again at once. */
async function standing<T>(reading: Reading<T>, nc: NatsConnection): Promise<void> {
  const { bus, stream, durable } = reading
  const [info, end] = await Promise.all([
    ask<DurableInfo>(nc, `${bus.api}.CONSUMER.INFO.${stream}.${durable}`),
    ask<StreamEnd>(nc, `${bus.api}.STREAM.INFO.${stream}`),
  ])
  reading.workingMs = (info.config.ack_wait ?? ACK_WAIT_MS * NANOS_PER_MS) / NANOS_PER_MS / 3
  if (end.state.last_seq < reading.position) {
    reading.position = 0
    reading.onBackwards()
  }
  reading.position = Math.max(reading.position, info.ack_floor.stream_seq)
  if (info.num_ack_pending === 0) return
  const { stream_seq: streamSequence, consumer_seq: consumerSequence } = info.delivered
  nc.publish(renderAckSubject(stream, durable, { streamSequence, consumerSequence }), ANSWERS.again)
}

/** Takes messages over one connection, until it ends or is told to begin anew. */
async function take<T>(reading: Reading<T>, nc: NatsConnection): Promise<void> {
  const { bus, stream, durable, signal, ready } = reading
  await standing(reading, nc)
  reading.readability.worked()
  if (signal.aborted || nc.isClosed()) return
  const own = createPull({ nc, api: bus.api, stream, durable, user: bus.name, clock: reading.clock })
  reading.pull = own
  signal.addEventListener('abort', own.close, { once: true })
  void nc.closed().then(own.close)
  try {
    while (!signal.aborted && !nc.isClosed() && reading.pull === own) {
      if (!ready()) {
        await restUnready(reading)
        continue
      }
      const message = await own.next()
      if (message !== undefined) await handle(reading, message)
    }
  } finally {
    signal.removeEventListener('abort', own.close)
    own.close()
  }
}

async function live<T>(reading: Reading<T>): Promise<void> {
  const { bus, stream, signal, readability } = reading
  let failures = 0
  while (!signal.aborted) {
    let over: NatsConnection | undefined
    try {
      await bus.connected(signal)
      over = bus.connection(`reading ${stream}`)
      await take(reading, over)
      failures = 0
    } catch (err) {
      if (signal.aborted || bus.state === 'closed') return
      readability.failed(err, over?.isClosed() ? undefined : over)
      bus.log.debug('stream cannot be read yet', { stream, err })
      await rest(reading, readability.isHopeless ? HOPELESS_MS : backoffMs(failures++, RETRY))
    }
  }
}

/** Takes messages from now on, until the signal aborts. */
export function consume<T>(options: ConsumeOptions<T>): Consumption {
  const { clock } = options.bus
  const { monotonicMs } = clock
  const reading: Reading<T> = {
    ...options,
    clock,
    readability: createReadability({ ...options, monotonicMs }),
    position: 0,
    pull: undefined,
    isRefusing: false,
    workingMs: ACK_WAIT_MS / 3,
  }
  void live(reading)
  return {
    reset() {
      reading.position = 0
      const own = reading.pull
      reading.pull = undefined
      own?.close()
    },
  }
}
