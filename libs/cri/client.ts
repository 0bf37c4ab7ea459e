/** The five calls of the CRI v1 that only read. */
import type { Clock } from '#clock'
import { ImageServiceService, RuntimeServiceService } from '#proto/runtime/v1/api.ts'
import { connectUnix, DEFAULT_MESSAGE_BYTES, type Method, RpcError } from '#rpc'
import { readContainer, readImageFs, readSandbox, readStatus, readVersion } from './answers.ts'
import { failureOf, tooLarge } from './failure.ts'
import { readItems } from './items.ts'
import type { Container, CriAnswer, ImageFilesystem, RuntimeCondition, RuntimeVersion, Sandbox } from './types.ts'

const TIMEOUT_MS = 10_000

/** How a runtime is asked. */
export interface CriOptions {
  /** By which answers are waited for. Default one of its own. */
  readonly clock?: Clock
  /** Of one call. Default 10 s; the kubelet itself waits 2 min. */
  readonly timeoutMs?: number
  /** Largest answer that is read, in bytes. Default 4 MiB: some four thousand containers. */
  readonly maxMessageBytes?: number
  /** What the socket is called in what is said of it: its path from the host's root. Default its path. */
  readonly place?: string
}

/** How one question is asked. */
export interface CriCallOptions {
  /** Ends it: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** A runtime to be asked. That there is no answer is a value; only a call's own signal is thrown. */
export interface CriClient {
  /** The socket's. */
  readonly path: string
  version(options?: CriCallOptions): Promise<CriAnswer<RuntimeVersion>>
  status(options?: CriCallOptions): Promise<CriAnswer<readonly RuntimeCondition[]>>
  /** Of every state, in the runtime's own order. */
  sandboxes(options?: CriCallOptions): Promise<CriAnswer<readonly Sandbox[]>>
  /** Of every state, also those that have ended and were not removed. */
  containers(options?: CriCallOptions): Promise<CriAnswer<readonly Container[]>>
  imageFs(options?: CriCallOptions): Promise<CriAnswer<readonly ImageFilesystem[]>>
  close(): void
}

/** A call of the CRI whose answer is read by us. */
interface Reading<Answer> {
  readonly name: string
  readonly request: object
  /** undefined: it has more items than are read. */
  readonly method: Method<never, Answer | undefined>
}

function reading<Answer>(
  method: Method<never, unknown>,
  request: object,
  read: (bytes: Uint8Array) => Answer | undefined,
): Reading<Answer> {
  const name = method.path.slice(method.path.lastIndexOf('/') + 1)
  return { name, request, method: { ...method, responseDeserialize: read } }
}

const VERSION = reading(RuntimeServiceService.version, { version: 'v1' }, readVersion)
const STATUS = reading(RuntimeServiceService.status, { verbose: false }, readStatus)
const SANDBOXES = reading(RuntimeServiceService.listPodSandbox, {}, (bytes) => readItems(bytes, readSandbox))
const CONTAINERS = reading(RuntimeServiceService.listContainers, {}, (bytes) => readItems(bytes, readContainer))
const IMAGE_FS = reading(ImageServiceService.imageFsInfo, {}, readImageFs)

/**
 * Opens nothing yet. A runtime that was restarted has another socket at the same path: who makes a client for each look, and closes it,
 * asks the one that is there now.
 * @param path of the socket, as this process sees it: below "/host" in a container
 */
export function createCriClient(path: string, options: CriOptions = {}): CriClient {
  const { timeoutMs = TIMEOUT_MS, maxMessageBytes = DEFAULT_MESSAGE_BYTES, place = path, clock } = options
  const rpc = connectUnix(path, { maxMessageBytes, ...(clock === undefined ? {} : { clock }) })

  async function ask<Answer>(of: Reading<Answer>, { signal }: CriCallOptions = {}): Promise<CriAnswer<Answer>> {
    const { name, method, request } = of
    try {
      const answer = await rpc.call(method, request as never, { timeoutMs, signal })
      if (answer !== undefined) return { ok: true, answer }
      return { ok: false, failure: tooLarge(name, place, undefined, maxMessageBytes) }
    } catch (err) {
      signal?.throwIfAborted()
      if (!(err instanceof RpcError)) throw err
      return { ok: false, failure: failureOf(err, { call: name, path, place, timeoutMs, maxMessageBytes }) }
    }
  }

  return {
    path,
    version: (how) => ask(VERSION, how),
    status: (how) => ask(STATUS, how),
    sandboxes: (how) => ask(SANDBOXES, how),
    containers: (how) => ask(CONTAINERS, how),
    imageFs: (how) => ask(IMAGE_FS, how),
    close: () => rpc.close(),
  }
}
