/** A running stream, read at the reader's own pace. */
import type { ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js'

export type AnyStream<Response> = ClientReadableStream<Response> | ClientDuplexStream<unknown, Response>

/** A call with messages both ways. */
export interface RpcStream<Request, Response> {
  /** Ends with the stream; throws an RpcError when it fails. Not read, it holds the sender back. */
  readonly responses: AsyncIterable<Response>
  /** False when the server is behind, or the stream has ended and the message went nowhere. */
  send(request: Request): boolean
  /** Says that no more requests come. */
  end(): void
}

/** Messages that are decoded ahead of the reader. Node's own 16 of 4 MiB each are more than a process of ours may have. */
const AHEAD = 1

/** Holds the sender back sooner. A stream of grpc-js takes no options; the mark is a field of every Readable. */
export function readFewAhead(stream: object): void {
  const { _readableState: state } = stream as { readonly _readableState: { highWaterMark: number } }
  state.highWaterMark = AHEAD
}

/** Cancels the stream with the signal, for as long as it runs. */
export function endWith(stream: AnyStream<unknown>, signal: AbortSignal): void {
  const cancel = () => stream.cancel()
  // The reader sees the error too; without a listener it would end the process.
  stream.on('error', () => undefined)
  stream.on('status', () => signal.removeEventListener('abort', cancel))
  if (signal.aborted) cancel()
  else signal.addEventListener('abort', cancel, { once: true })
}

/** The stream's messages; leaving the loop cancels the call. Ends quietly when the signal did it. May be read once. */
export async function* readStream<Response>(
  stream: AnyStream<Response>,
  signal: AbortSignal,
  errorOf: (err: unknown) => Error,
): AsyncGenerator<Response, void> {
  try {
    for await (const response of stream) yield response as Response
  } catch (err) {
    if (!signal.aborted) throw errorOf(err)
  } finally {
    stream.cancel()
  }
}

/** What a stream is that could not be opened. */
export function failedStream(err: Error): RpcStream<unknown, never> {
  return {
    // biome-ignore lint/correctness/useYield: it fails before its first message
    responses: (async function* () {
      throw err
    })(),
    send: () => false,
    end: () => undefined,
  }
}
