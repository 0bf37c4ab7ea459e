/** One connection to a bus: it proves who we are, asks, and hears. */
import { connect, type Socket } from 'node:net'
import { codeOf } from '../../errors.ts'
import { type BusFailure, BusLostError, BusMalformedError } from './errors.ts'
import { type BusCall, type BusMessage, decodeMessage, encodeCall, messageLength } from './message.ts'
import type { BusValue } from './read.ts'

/** What the one who was asked said. */
export type BusAnswer =
  | { readonly kind: 'returned'; readonly values: readonly BusValue[] }
  | { readonly kind: 'error'; readonly name: string; readonly message: string }

export interface BusConnection extends Disposable {
  /**
   * Asks; any number of calls may be under way, and the first may be made at once.
   * @throws BusLostError once the connection is over, whoever ended it
   */
  call(call: BusCall): Promise<BusAnswer>
  /** Resolves with what the connection was lost of, once it is. */
  readonly ended: Promise<unknown>
}

export interface BusOptions {
  /** The socket, where this process finds it. */
  readonly socketPath: string
  /** Ends the connection; calls that wait are over as its reason says, which is a BusLostError. */
  readonly signal: AbortSignal
  /** Told every signal that the bus sends; none comes unless it was asked for (AddMatch). */
  readonly onSignal?: (message: BusMessage) => void
}

/**
 * Who we are the kernel tells the bus (SASL EXTERNAL); no user is named, since a container may know its own by another number. All
 * of it at once, as systemd's own library does: whatever is refused is refused in the answers.
 */
const PROOF = '\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'
/** The specification's limit of a line is 16 KiB; a bus says 40 bytes. */
const MAX_LINE_BYTES = 1024

const HELLO: BusCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
}

/** What the system says of the socket. */
const FAILURES: Readonly<Record<string, BusFailure>> = {
  ENOENT: 'no-bus',
  ENOTDIR: 'no-bus',
  ECONNREFUSED: 'no-bus',
  EACCES: 'denied',
  EPERM: 'denied',
  // The queue of those who wait to be taken is full.
  EAGAIN: 'hung',
  EPIPE: 'closed',
  ECONNRESET: 'closed',
}

/** Lines up to the bus's OK, then messages. Feeds whole messages to `take`. @throws BusLostError, BusMalformedError */
function createInput(take: (message: BusMessage) => void): (chunk: Buffer) => void {
  let isKnown = false
  let waiting: Buffer = Buffer.alloc(0)

  /** One line of the proof of who we are; false: not whole yet. */
  function takeLine(): boolean {
    const end = waiting.indexOf('\r\n')
    if (end < 0 && waiting.length > MAX_LINE_BYTES) throw new BusMalformedError('its first line has no end')
    if (end < 0) return false
    const line = waiting.toString('latin1', 0, end)
    waiting = waiting.subarray(end + 2)
    if (line.startsWith('REJECTED'))
      throw new BusLostError('denied', 'it does not take us for whom the kernel says we are')
    isKnown = line.startsWith('OK ')
    if (!isKnown && line.trimEnd() !== 'DATA')
      throw new BusMalformedError(`it said ${JSON.stringify(line.slice(0, 40))}`)
    return true
  }

  function takeMessage(): boolean {
    const length = messageLength(waiting)
    if (length === undefined || waiting.length < length) return false
    take(decodeMessage(waiting.subarray(0, length)))
    waiting = waiting.subarray(length)
    return true
  }

  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    for (let isMore = true; isMore; ) isMore = isKnown ? takeMessage() : takeLine()
  }
}

function answerOf({ kind, errorName, body }: BusMessage): BusAnswer {
  if (kind === 'return') return { kind: 'returned', values: body }
  return { kind: 'error', name: errorName, message: typeof body[0] === 'string' ? body[0] : '' }
}

/** Begins a connection; whether there is a bus is told by the first call. It is open until it is disposed, or lost. */
export function connectBus({ socketPath, signal, onSignal }: BusOptions): BusConnection {
  const waiting = new Map<number, PromiseWithResolvers<BusAnswer>>()
  const ended = Promise.withResolvers<unknown>()
  let lost: unknown
  let serial = 0
  const socket: Socket = connect({ path: socketPath })

  function lose(error: unknown): void {
    if (lost !== undefined) return
    lost = error
    ended.resolve(error)
    signal.removeEventListener('abort', abort)
    socket.destroy()
    for (const { reject } of waiting.values()) reject(lost)
    waiting.clear()
  }
  function abort(): void {
    lose(signal.reason)
  }
  function take(message: BusMessage): void {
    if (message.kind === 'signal') onSignal?.(message)
    if (message.kind !== 'return' && message.kind !== 'error') return
    waiting.get(message.replyTo)?.resolve(answerOf(message))
    waiting.delete(message.replyTo)
  }
  function call(what: BusCall): Promise<BusAnswer> {
    const answer = Promise.withResolvers<BusAnswer>()
    if (lost !== undefined) {
      answer.reject(lost)
      return answer.promise
    }
    waiting.set(++serial, answer)
    socket.write(encodeCall(what, serial))
    return answer.promise
  }

  const input = createInput(take)
  socket.on('data', (chunk) => {
    try {
      input(chunk)
    } catch (err) {
      lose(err instanceof BusMalformedError ? new BusLostError('malformed', err.message, err) : err)
    }
  })
  socket.on('error', (err) => lose(new BusLostError(FAILURES[codeOf(err)] ?? 'failed', err.message, err)))
  socket.on('close', () => lose(new BusLostError('closed', 'it ended the connection')))
  signal.addEventListener('abort', abort)
  socket.write(PROOF)
  // Whoever is refused here is refused at every call, and told there.
  call(HELLO).catch(() => {})
  if (signal.aborted) abort()
  return {
    call,
    ended: ended.promise,
    [Symbol.dispose]: () => lose(new BusLostError('closed', 'we ended the connection')),
  }
}
