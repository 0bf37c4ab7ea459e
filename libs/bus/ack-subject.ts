/**
 * The subject by which one delivery of a message is answered (`$JS.ACK.…`), which also says what is known of it.
 * Newer servers put the domain and a hash of the account before the stream's name.
 */

/** What a consumer answers. The texts are the server's protocol. */
export const ANSWERS = { done: '+ACK', again: '-NAK', working: '+WPI', never: '+TERM' } as const

export interface Delivery {
  readonly stream: string
  readonly durable: string
  /** 1 at first. */
  readonly deliveries: number
  readonly streamSequence: number
  readonly time: Date
}

const SHORT_TOKENS = 9
const LONG_TOKENS = 11
const NANOS_PER_MS = 1_000_000n

/** undefined for anything else than such a subject. */
export function parseAckSubject(subject: string): Delivery | undefined {
  const tokens = subject.split('.')
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  if (tokens.length !== SHORT_TOKENS && tokens.length < LONG_TOKENS) return undefined
  const [stream, durable, ...numbers] = tokens.slice(tokens.length === SHORT_TOKENS ? 2 : 4)
  const [deliveries, streamSequence, , nanos] = numbers
  if (!stream || !durable || !nanos || ![deliveries, streamSequence, nanos].every((text) => /^\d+$/.test(text ?? '')))
    return undefined
  return {
    stream,
    durable,
    deliveries: Number(deliveries),
    streamSequence: Number(streamSequence),
    time: new Date(Number(BigInt(nanos) / NANOS_PER_MS)),
  }
}

/** For a delivery that another life of this consumer got and never answered. */
export function renderAckSubject(
  stream: string,
  durable: string,
  of: { readonly streamSequence: number; readonly consumerSequence: number },
): string {
  return `$JS.ACK.${stream}.${durable}.1.${of.streamSequence}.${of.consumerSequence}.0.0`
}

/** "again", after a while: the server waits as long before it delivers the message once more. */
export function againAfter(ms: number): string {
  return `${ANSWERS.again} {"delay": ${ms * 1_000_000}}`
}
