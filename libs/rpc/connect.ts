/** Calling over a Unix socket: a deadline on every call, bounded in flight, streams with back-pressure. */
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { RpcError } from './errors.ts'

/** Unary calls of one client at a time; more wait their turn. */
const IN_FLIGHT_MAX = 64
/** Calls that wait; one more is refused. */
const WAITING_MAX = 1024
/** Deadlines missed in a row after which the connection is made anew (a ghost connection answers nothing for hours). */
const GHOST_AFTER = 3

const OPTIONS = {
  // What grpc-go sends for Unix sockets; some servers refuse a path here.
  'grpc.default_authority': 'localhost',
  'grpc.enable_channelz': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2000,
  // A client that shares its connections with another would share its ghosts too.
  'grpc.use_local_subchannel_pool': 1,
  // No keepalive: a grpc-go server answers pings on an idle connection with GOAWAY.
} as const

// biome-ignore lint/suspicious/noExplicitAny: the two type parameters are told by the argument
type Method<Request, Response> = MethodDefinition<any, any> & {
  readonly requestSerialize: (value: Request) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

export interface RpcStream<Request, Response> {
  /** Ends with the stream; throws an RpcError when it fails. Not read, it holds the sender back. */
  readonly responses: AsyncIterable<Response>
  send(request: Request): void
  /** Says that no more requests come. */
  end(): void
}

export interface RpcClient {
  readonly path: string
  /** @throws RpcError, also when the deadline passes or the socket does not answer */
  call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Response>
  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): AsyncIterable<Response>
  bidiStream<Request, Response>(method: Method<Request, Response>, signal: AbortSignal): RpcStream<Request, Response>
  close(): void
}

function codeName(code: number | undefined): string {
  return (code === undefined ? undefined : status[code]) ?? 'UNKNOWN'
}

function isServiceError(err: unknown): err is ServiceError {
  return err instanceof Error && 'code' in err && 'details' in err
}

/** Opens nothing yet: the first call connects, and the connection comes back by itself. */
export function connectUnix(path: string, options: { maxMessageBytes?: number } = {}): RpcClient {
  const maxMessageBytes = options.maxMessageBytes ?? 4 * 1024 * 1024
  const channelOptions = {
    ...OPTIONS,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
  }
  let client = new Client(`unix:${path}`, credentials.createInsecure(), channelOptions)
  let missed = 0
  let inFlight = 0
  const waiting: (() => void)[] = []

  function errorOf(method: string, err: unknown): RpcError {
    if (isServiceError(err)) return new RpcError(path, method, codeName(err.code), err.details, err)
    return new RpcError(path, method, 'UNKNOWN', err instanceof Error ? err.message : String(err), err)
  }

  /** A connection that misses deadline after deadline is made anew. */
  function noteDeadline(isMissed: boolean): void {
    missed = isMissed ? missed + 1 : 0
    if (missed < GHOST_AFTER) return
    missed = 0
    client.close()
    client = new Client(`unix:${path}`, credentials.createInsecure(), channelOptions)
  }

  async function turn(method: string): Promise<void> {
    if (inFlight >= IN_FLIGHT_MAX) {
      if (waiting.length >= WAITING_MAX)
        throw new RpcError(path, method, 'RESOURCE_EXHAUSTED', `${WAITING_MAX} calls wait already`)
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    inFlight++
  }

  function done(): void {
    inFlight--
    waiting.shift()?.()
  }

  async function* read<Response>(
    method: string,
    stream: ClientReadableStream<Response> | ClientDuplexStream<unknown, Response>,
    signal: AbortSignal,
  ): AsyncIterable<Response> {
    try {
      for await (const response of stream) yield response as Response
    } catch (err) {
      if (signal.aborted) return
      throw errorOf(method, err)
    } finally {
      stream.cancel()
    }
  }

  return {
    path,
    async call(method, request, { timeoutMs, signal }) {
      await turn(method.path)
      try {
        return await new Promise((resolve, reject) => {
          const call = client.makeUnaryRequest(
            method.path,
            method.requestSerialize,
            method.responseDeserialize,
            request,
            { deadline: Date.now() + timeoutMs },
            (err, response) => {
              signal?.removeEventListener('abort', cancel)
              noteDeadline(err?.code === status.DEADLINE_EXCEEDED)
              if (err) reject(errorOf(method.path, err))
              else resolve(response as NonNullable<typeof response>)
            },
          )
          function cancel(): void {
            call.cancel()
          }
          signal?.addEventListener('abort', cancel)
        })
      } finally {
        done()
      }
    },
    serverStream(method, request, signal) {
      const stream = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
      )
      stream.on('error', () => undefined)
      signal.addEventListener('abort', () => stream.cancel(), { once: true })
      return read(method.path, stream, signal)
    },
    bidiStream(method, signal) {
      const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize)
      // The reader sees the error too; without a listener it would end the process.
      stream.on('error', () => undefined)
      signal.addEventListener('abort', () => stream.cancel(), { once: true })
      return {
        responses: read(method.path, stream, signal),
        send: (request) => {
          if (stream.writable) stream.write(request)
        },
        end: () => stream.end(),
      }
    },
    close: () => client.close(),
  }
}
