/** Where a stream and its readers stand, and what of it was not taken: for its only writer, which keeps the books. */
import { createInbox, type Msg, nanos } from 'nats'
import { patiently } from '#clock'
import { parseAckSubject } from './ack-subject.ts'
import { ask } from './ask.ts'
import type { Asking } from './bucket.ts'
import { BusStoreError } from './errors.ts'
import { CONSUMERS } from './layout.ts'
import { inboxPrefix } from './permissions.ts'
import type { StreamName, StreamStanding } from './types.ts'

/** Messages asked for at a time: half a MiB, or one MiB at their longest. */
const BATCH = 256
const ANSWER_MS = 5000
/** What fell out of the stream meanwhile is not waited for longer. */
const EXPIRES_MS = 1000
/** A reading that was broken off is forgotten by the server after this long: one that is only held goes on before. */
const FORGOTTEN_MS = 60_000
/** A server that has more and gives nothing is asked so often in a row. */
const EMPTY_MAX = 10

interface StreamInfo {
  readonly state: { readonly first_seq: number; readonly last_seq: number }
}
interface DurableInfo {
  readonly ack_floor: { readonly stream_seq: number }
}

/** @throws BusStoreError */
export async function standingOf({ nc, api }: Asking, stream: StreamName): Promise<StreamStanding> {
  const services = CONSUMERS.filter(({ streams, hasLanes }) => !hasLanes && streams.includes(stream)).map(
    ({ service }) => service,
  )
  const [{ state }, ...infos] = await Promise.all([
    ask<StreamInfo>(nc, `${api}.STREAM.INFO.${stream}`),
    ...services.map((service) => ask<DurableInfo>(nc, `${api}.CONSUMER.INFO.${stream}.${service}`)),
  ])
  return {
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    readers: infos.map(({ ack_floor }, index) => ({ service: services[index] ?? '', takenUpTo: ack_floor.stream_seq })),
  }
}

/** The next `count` messages, in order; fewer when the server has no more. */
function batch({ nc, api, clock }: Asking, stream: StreamName, consumer: string, count: number): Promise<Msg[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Msg[]>()
  const messages: Msg[] = []
  const inbox = createInbox(inboxPrefix('detector'))
  const failed = (cause: unknown) => reject(new BusStoreError(`reading ${stream}`, cause))
  const subscription = nc.subscribe(inbox, {
    callback: (err, message) => {
      if (err !== null) return failed(err)
      // Any status ends it.
      if (message.headers?.code) return resolve(messages)
      messages.push(message)
      if (messages.length === count) resolve(messages)
    },
  })
  const callOff = patiently(clock, ANSWER_MS, () => failed(new Error('no answer in time')))
  void nc.closed().then(() => failed(new Error('the connection was closed')))
  const body = JSON.stringify({ batch: count, expires: nanos(EXPIRES_MS) })
  nc.publish(`${api}.CONSUMER.MSG.NEXT.${stream}.${consumer}`, body, { reply: inbox })
  return promise.finally(() => {
    callOff()
    if (!nc.isClosed()) subscription.unsubscribe()
  })
}

interface Made {
  readonly name: string
  readonly num_pending: number
}

/**
 * What of `left` messages is there still, when nothing came: none where they fell out of the stream; all of them where the server was slow.
 * @throws BusStoreError also where the server forgot the reading
 */
async function stillLeft({ nc, api }: Asking, stream: StreamName, consumer: string, left: number): Promise<number> {
  const { num_pending } = await ask<Made>(nc, `${api}.CONSUMER.INFO.${stream}.${consumer}`)
  return Math.min(left, num_pending)
}

/** Hands on each message of a stream after a sequence, in order, up to the last that is there now. @throws BusStoreError */
export async function readAfter(
  asking: Asking,
  stream: StreamName,
  after: number,
  each: (bytes: Uint8Array, sequence: number) => void,
): Promise<void> {
  const { nc, api } = asking
  const { name, num_pending } = await ask<Made>(nc, `${api}.CONSUMER.CREATE.${stream}`, {
    stream_name: stream,
    config: {
      ack_policy: 'none',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: after + 1,
      inactive_threshold: nanos(FORGOTTEN_MS),
    },
  })
  let empty = 0
  for (let left = num_pending; left > 0; ) {
    const messages = await batch(asking, stream, name, Math.min(BATCH, left))
    for (const { data, reply } of messages) each(data, parseAckSubject(reply ?? '')?.streamSequence ?? after)
    empty = messages.length === 0 ? empty + 1 : 0
    left = empty === 0 ? left - messages.length : await stillLeft(asking, stream, name, left)
    if (left > 0 && empty === EMPTY_MAX)
      throw new BusStoreError(`reading ${stream}`, new Error('it gives nothing of what it has'))
  }
  await ask(nc, `${api}.CONSUMER.DELETE.${stream}.${name}`)
}
