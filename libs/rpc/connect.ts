/** Calling over a Unix socket: a deadline on every call, bounded in flight, streams with back-pressure. */
import { type Client, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { createChannel } from './channel.ts'
import { RpcError } from './errors.ts'
import { DEFAULT_MESSAGE_BYTES } from './serve.ts'
import { type AnyStream, endWith, failedStream, type RpcStream, readFewAhead, readStream } from './stream.ts'
import { createTurns, TurnsExhausted } from './turns.ts'

/** Unary calls of one client at a time; more wait their turn. (10,000 at once on one channel answered none.) */
const IN_FLIGHT_MAX = 64
/** Calls that wait; one more is refused. */
const WAITING_MAX = 1024
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
  close(): void
}

function codeName(code: number): string {
  return status[code] ?? 'UNKNOWN'
}

function isServiceError(err: unknown): err is ServiceError {
  return err instanceof Error && 'code' in err && typeof err.code === 'number' && 'details' in err
}

/** A caller that gives up, or its deadline. */
function limited(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? deadline : AbortSignal.any([deadline, signal])
}

/** Opens nothing yet: the first call connects, and the connection comes back whenever it is needed. */
export function connectUnix(path: string, options: { readonly maxMessageBytes?: number } = {}): RpcClient {
  const channel = createChannel(path, options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES)
  const turns = createTurns(IN_FLIGHT_MAX, WAITING_MAX)

  function acquire(method: string): Client {
    const client = channel.acquire()
    if ('unavailable' in client) throw new RpcError(path, method, 'UNAVAILABLE', client.unavailable)
    return client
  }

  /** What a failed call says, told to the connection too. */
  function failure(client: Client, method: string, err: unknown): RpcError {
    if (!isServiceError(err)) return new RpcError(path, method, 'UNKNOWN', String(err), err)
    const code = codeName(err.code)
    const outcomes = { UNAVAILABLE: 'unavailable', DEADLINE_EXCEEDED: 'deadline' } as const
    channel.told(client, outcomes[code as keyof typeof outcomes] ?? 'answered', err.details)
    return new RpcError(path, method, code, err.details, err)
  }

  function ask<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    leftMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const client = acquire(method.path)
    return new Promise((resolve, reject) => {
      const { requestSerialize, responseDeserialize } = method
      const call = client.makeUnaryRequest(
        method.path,
        requestSerialize,
        responseDeserialize,
        request,
        // grpc-js turns it into a duration at once: a step of the wall clock does not reach it.
        { deadline: Date.now() + leftMs },
        (err, response) => {
          signal?.removeEventListener('abort', cancel)
          if (err) return reject(failure(client, method.path, err))
          channel.told(client, 'answered', '')
          resolve(response as NonNullable<typeof response>)
        },
      )
      function cancel(): void {
        call.cancel()
      }
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  /** Opens a stream, and ends it with the signal. */
  function open<Response>(
    { path: name }: Method<never, Response>,
    start: (client: Client) => AnyStream<Response>,
    signal: AbortSignal,
  ): RpcStream<unknown, Response> {
    let client: Client
    try {
      client = acquire(name)
    } catch (err) {
      return failedStream(err as RpcError)
    }
    const stream = start(client)
    readFewAhead(stream)
    endWith(stream, signal)
    return {
      responses: readStream(stream, signal, (err) => failure(client, name, err)),
      send: (message) => 'write' in stream && stream.writable && stream.write(message),
      end: () => {
        if ('write' in stream && stream.writable) stream.end()
      },
    }
  }

  return {
    path,
    async call(method, request, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) {
      const beganMs = performance.now()
      const gaveUp = () => new RpcError(path, method.path, 'CANCELLED', 'the caller gave up', signal?.reason)
      if (signal?.aborted) throw gaveUp()
      try {
        await turns.take(() => limited(timeoutMs, signal))
      } catch (err) {
        if (signal?.aborted) throw gaveUp()
        const code = err instanceof TurnsExhausted ? 'RESOURCE_EXHAUSTED' : 'DEADLINE_EXCEEDED'
        throw new RpcError(path, method.path, code, `it waited for its turn behind ${IN_FLIGHT_MAX} others`, err)
      }
      try {
        return await ask(method, request, timeoutMs - (performance.now() - beganMs), signal)
      } finally {
        turns.give()
      }
    },
    serverStream(method, request, signal) {
      const { requestSerialize, responseDeserialize } = method
      return open(
        method,
        (client) => client.makeServerStreamRequest(method.path, requestSerialize, responseDeserialize, request),
        signal,
      ).responses
    },
    bidiStream(method, signal) {
      const { requestSerialize, responseDeserialize } = method
      return open(
        method,
        (client) => client.makeBidiStreamRequest(method.path, requestSerialize, responseDeserialize),
        signal,
      )
    },
    connected: channel.connected,
    close: channel.close,
  }
}
