/** Messages that the store keeps: sent one by one, each answered; what it refuses for itself, and which part takes nothing. */
import type { NatsConnection } from 'nats'
import { ApiError, publishKept } from './ask.ts'
import type { Asking } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { withinMessage } from './encoded.ts'
import { BusRefusedError, BusStoreError } from './errors.ts'
import { HEAD_BYTES, MAX_PAYLOAD_BYTES } from './message-bytes.ts'
import { partOf } from './subjects.ts'

/** The server's words; the code beside them stands for every error of a store. */
const FULL: readonly string[] = ['maximum bytes exceeded', 'maximum messages exceeded']
const OVERSIZED = 'message size exceeds maximum allowed'

/** A message on its way to the store. */
export interface KeptMessage {
  readonly subject: string
  readonly bytes: Uint8Array
  /** What is being done, for the error: "telling event 7". */
  readonly what: string
  /** Headers beside it. */
  readonly head?: Readonly<Record<string, string>>
}

/** The live connection as JetStream is asked on it. @throws BusUnavailableError */
export function asking(bus: ConnectedBus, what: string): Asking {
  return { nc: bus.connection(what), api: bus.api, clock: bus.clock }
}

/** What a message may hold beside its head, in bytes. An external server may want less than ours. */
export function maxBytesOf({ info }: Pick<NatsConnection, 'info'>): number {
  return Math.min(info?.max_payload ?? MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES) - HEAD_BYTES
}

/** A store at its limit says so; that is no trouble of the server. undefined: the server is to blame. */
export function refusalOf(what: string, err: unknown): BusRefusedError | undefined {
  if (!(err instanceof ApiError)) return undefined
  if (FULL.includes(err.message)) return new BusRefusedError(what, 'full', err)
  return err.message === OVERSIZED ? new BusRefusedError(what, 'oversized', err) : undefined
}

/**
 * Sends it and waits until the store has it. @returns the sequence that the store gave it
 * @throws BusUnavailableError while there is no connection, BusRefusedError for what is refused for itself, BusStoreError
 */
export async function keep(bus: ConnectedBus, { subject, bytes, what, head }: KeptMessage): Promise<number> {
  const { nc } = asking(bus, what)
  const part = partOf(subject)
  withinMessage(bytes, maxBytesOf(nc), what)
  try {
    const sequence = await publishKept(nc, subject, bytes, head)
    bus.trouble.succeeded(part)
    return sequence
  } catch (err) {
    const refused = refusalOf(what, err)
    if (refused === undefined) bus.trouble.failed(part, bus.clock.monotonicMs())
    throw refused ?? new BusStoreError(what, err)
  }
}
