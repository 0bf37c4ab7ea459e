/** Calling over a Unix socket: a deadline on every call, bounded in flight, streams with back-pressure. */
import { type Client, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { type Clock, longestMs, patiently, systemClock } from '#clock'
import { type Channel, createChannel } from './channel.ts'
import { RpcError } from './errors.ts'
import { DEFAULT_MESSAGE_BYTES } from './serve.ts'
import { type AnyStream, endWith, failedStream, type RpcStream, readFewAhead, readStream } from './stream.ts'
import { createTurns, type Turns, TurnsExhausted } from './turns.ts'

/** Unary calls of one client at a time; more wait their turn. (10,000 at once on one channel answered none.) */
const IN_FLIGHT_MAX = 64
/** Calls that wait; one more is refused. */
const WAITING_MAX = 1024
/** The peer gives up later than who calls, so that his word is the one that is heard. */
const PEER_MS = 1000
/** What a call may take that names no deadline. */
export const DEFAULT_TIMEOUT_MS = 10_000

/** A method of a generated service, with how its messages are written and read. */
// biome-ignore lint/suspicious/noExplicitAny: the two type parameters are told by the argument
export type Method<Request, Response> = MethodDefinition<any, any> & {
  readonly requestSerialize: (value: Request) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

/** How long a call may take, and who may call it off. */
export interface CallOptions {
  /** Counts from the call, time in the queue included. Default {@link DEFAULT_TIMEOUT_MS}. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Calls to one socket, over a connection that comes back by itself. */
export interface RpcClient {
  readonly path: string
  /** @throws RpcError, also when the deadline passes, the caller gives up, or nobody answers on the socket */
  call<Request, Response>(method: Method<Request, Response>, request: Request, options?: CallOptions): Promise<Response>
  /** Ends quietly when the signal aborts, throws an RpcError when the stream fails. */
  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): AsyncIterable<Response>
  bidiStream<Request, Response>(method: Method<Request, Response>, signal: AbortSignal): RpcStream<Request, Response>
  /** Resolves when the server takes connections, however long that lasts. Rejects with the signal's reason. */
  connected(signal: AbortSignal): Promise<void>
  /** Whether a connection is there now. Asks nobody. */
  isConnected(): boolean
  /** Resolves when the connection is no more, at once where none is. Asks nobody. Rejects with the signal's reason. */
  dropped(signal: AbortSignal): Promise<void>
  /**
   * Connects once where no connection is, and calls nothing: whether somebody took it within `timeoutMs`. Rejects with the
   * signal's reason.
   */
  connects(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  close(): void
}

function codeName(code: number): string {
  return status[code] ?? 'UNKNOWN'
}

function isServiceError(err: unknown): err is ServiceError {
  return err instanceof Error && 'code' in err && typeof err.code === 'number' && 'details' in err
}

/** The time of one call, its turn included. */
interface Limit {
  readonly ms: number
  /** What is done when it is over, at once where it is; it takes the place of what was to be done before. */
  whenOver(act: () => void): void
  end(): void
}

function createLimit(clock: Clock, ms: number): Limit {
  let isOver = false
  let act = (): void => undefined
  const callOff = patiently(clock, ms, () => {
    isOver = true
    act()
  })
  return {
    ms,
    whenOver(next) {
      act = next
      if (isOver) next()
    },
    end: callOff,
  }
}

/** A caller that gives up, or whose time is over. */
function limited(limit: Limit, signal: AbortSignal | undefined): AbortSignal {
  const late = new AbortController()
  limit.whenOver(() => late.abort(new Error('its time is over')))
  return signal === undefined ? late.signal : AbortSignal.any([late.signal, signal])
}

/** The socket that is called, and the connection to it. */
interface Line {
  readonly path: string
  readonly channel: Channel
  readonly clock: Clock
}

function acquire({ path, channel }: Line, method: string): Client {
  const client = channel.acquire()
  if ('unavailable' in client) throw new RpcError(path, method, 'UNAVAILABLE', client.unavailable)
  return client
}

/** What a failed call says, told to the connection too. */
function failure({ path, channel }: Line, client: Client, method: string, err: unknown): RpcError {
  if (!isServiceError(err)) return new RpcError(path, method, 'UNKNOWN', String(err), err)
  const code = codeName(err.code)
  const outcomes = { UNAVAILABLE: 'unavailable', DEADLINE_EXCEEDED: 'deadline' } as const
  channel.told(client, outcomes[code as keyof typeof outcomes] ?? 'answered', err.details)
  return new RpcError(path, method, code, err.details, err)
}

function ask<Request, Response>(
  line: Line,
  method: Method<Request, Response>,
  request: Request,
  { limit, signal }: { readonly limit: Limit; readonly signal: AbortSignal | undefined },
): Promise<Response> {
  const client = acquire(line, method.path)
  return new Promise((resolve, reject) => {
    const { requestSerialize, responseDeserialize } = method
    let isLate = false
    const call = client.makeUnaryRequest(
      method.path,
      requestSerialize,
      responseDeserialize,
      request,
      // The peer's, and wide: a process without a processor counts its time by itself, and calls off. grpc-js turns it into a
      // duration at once: a step of the wall clock does not reach it.
      { deadline: Date.now() + longestMs(limit.ms) + PEER_MS },
      (err, response) => {
        signal?.removeEventListener('abort', cancel)
        if (isLate) return reject(missed())
        if (err) return reject(failure(line, client, method.path, err))
        line.channel.told(client, 'answered', '')
        resolve(response as NonNullable<typeof response>)
      },
    )
    limit.whenOver(() => {
      isLate = true
      call.cancel()
    })
    function cancel(): void {
      call.cancel()
    }
    function missed(): RpcError {
      line.channel.told(client, 'deadline', '')
      return new RpcError(line.path, method.path, 'DEADLINE_EXCEEDED', 'no answer in time')
    }
    signal?.addEventListener('abort', cancel, { once: true })
    // Given up while it waited for its turn: that is told to nobody any more.
    if (signal?.aborted === true) cancel()
  })
}

/** Opens a stream, and ends it with the signal. */
function open<Response>(
  line: Line,
  { path: name }: Method<never, Response>,
  start: (client: Client) => AnyStream<Response>,
  signal: AbortSignal,
): RpcStream<unknown, Response> {
  let client: Client
  try {
    client = acquire(line, name)
  } catch (err) {
    return failedStream(err as RpcError)
  }
  const stream = start(client)
  readFewAhead(stream)
  endWith(stream, signal)
  return {
    responses: readStream(stream, signal, (err) => failure(line, client, name, err)),
    send: (message) => 'write' in stream && stream.writable && stream.write(message),
    end: () => {
      if ('write' in stream && stream.writable) stream.end()
    },
  }
}

/** Waits for a turn. @throws RpcError when the caller gives up, its time passes, or too many wait */
async function takeTurn(turns: Turns, { path }: Line, method: string, limit: Limit, signal: AbortSignal | undefined) {
  const gaveUp = () => new RpcError(path, method, 'CANCELLED', 'the caller gave up', signal?.reason)
  if (signal?.aborted) throw gaveUp()
  try {
    await turns.take(() => limited(limit, signal))
  } catch (err) {
    if (signal?.aborted) throw gaveUp()
    const code = err instanceof TurnsExhausted ? 'RESOURCE_EXHAUSTED' : 'DEADLINE_EXCEEDED'
    throw new RpcError(path, method, code, `it waited for its turn behind ${IN_FLIGHT_MAX} others`, err)
  }
}

/** How a socket is called. */
export interface ConnectOptions {
  /** Largest message in either direction. Default {@link DEFAULT_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number
  /** By which it waits before it connects anew. Default one of its own. */
  readonly clock?: Clock
}

/** Opens nothing yet: the first call connects, and the connection comes back whenever it is needed. */
export function connectUnix(path: string, options: ConnectOptions = {}): RpcClient {
  const { maxMessageBytes = DEFAULT_MESSAGE_BYTES, clock = systemClock() } = options
  const channel = createChannel(path, maxMessageBytes, clock)
  const line: Line = { path, channel, clock }
  const turns = createTurns(IN_FLIGHT_MAX, WAITING_MAX)

  return {
    path,
    async call(method, request, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) {
      const limit = createLimit(clock, timeoutMs)
      try {
        await takeTurn(turns, line, method.path, limit, signal)
        try {
          return await ask(line, method, request, { limit, signal })
        } finally {
          turns.give()
        }
      } finally {
        limit.end()
      }
    },
    serverStream(method, request, signal) {
      const { path: name, requestSerialize, responseDeserialize } = method
      const start = (client: Client) =>
        client.makeServerStreamRequest(name, requestSerialize, responseDeserialize, request)
      return open(line, method, start, signal).responses
    },
    bidiStream(method, signal) {
      const { path: name, requestSerialize, responseDeserialize } = method
      const start = (client: Client) => client.makeBidiStreamRequest(name, requestSerialize, responseDeserialize)
      return open(line, method, start, signal)
    },
    connected: channel.connected,
    isConnected: channel.isConnected,
    dropped: channel.dropped,
    connects: channel.connects,
    close: channel.close,
  }
}
