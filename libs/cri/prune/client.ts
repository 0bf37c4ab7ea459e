/**
 * The calls of the CRI v1 that remove. They are written down here alone, by hand, and not in the proto: so nobody who only reads has them
 * in his bundle.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { connectUnix, DEFAULT_MESSAGE_BYTES, type Method, RpcError } from '#rpc'
import type { CriOptions } from '../client.ts'
import { failureOf, tooLarge } from '../failure.ts'
import { readItems } from '../items.ts'
import type { CriAnswer } from '../types.ts'
import { readPruneContainer, readPruneImage, readPruneSandbox, readSandboxImage } from './answers.ts'
import type { CriPruner, PruneOptions } from './types.ts'

/** The runtime takes a snapshot away while it is waited for. */
const TIMEOUT_MS = 60_000
const RUNTIME = 'runtime.v1.RuntimeService'
const IMAGES = 'runtime.v1.ImageService'

function method<Answer>(
  service: string,
  name: string,
  read: (bytes: Uint8Array) => Answer,
): Method<Uint8Array, Answer> {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes) => Buffer.from(bytes),
    requestDeserialize: (bytes) => bytes,
    responseSerialize: () => Buffer.alloc(0),
    responseDeserialize: read,
  }
}

const nothing = (): true => true
const CONTAINERS = method(RUNTIME, 'ListContainers', (bytes) => readItems(bytes, readPruneContainer))
const SANDBOXES = method(RUNTIME, 'ListPodSandbox', (bytes) => readItems(bytes, readPruneSandbox))
const STATUS = method(RUNTIME, 'Status', readSandboxImage)
const REMOVE_CONTAINER = method(RUNTIME, 'RemoveContainer', nothing)
const LIST_IMAGES = method(IMAGES, 'ListImages', (bytes) => readItems(bytes, readPruneImage))
const REMOVE_IMAGE = method(IMAGES, 'RemoveImage', nothing)

const EMPTY = new Uint8Array()
const VERBOSE = new BinaryWriter().tag(1, 0).bool(true).finish()

function text(value: string): Uint8Array {
  return new BinaryWriter().tag(1, 2).string(value).finish()
}

/** @param path of the socket, as this process sees it. Opens nothing yet. */
export function createCriPruner(path: string, options: CriOptions = {}): CriPruner {
  const { timeoutMs = TIMEOUT_MS, maxMessageBytes = DEFAULT_MESSAGE_BYTES, place = path, clock } = options
  const rpc = connectUnix(path, { maxMessageBytes, ...(clock === undefined ? {} : { clock }) })

  async function ask<Answer>(
    of: Method<Uint8Array, Answer | undefined>,
    request: Uint8Array,
    { signal }: PruneOptions = {},
  ): Promise<CriAnswer<Answer>> {
    const call = of.path.slice(of.path.lastIndexOf('/') + 1)
    try {
      const answer = await rpc.call(of, request, { timeoutMs, signal })
      if (answer !== undefined) return { ok: true, answer }
      return { ok: false, failure: tooLarge(call, place, undefined, maxMessageBytes) }
    } catch (err) {
      signal?.throwIfAborted()
      if (!(err instanceof RpcError)) throw err
      return { ok: false, failure: failureOf(err, { call, path, place, timeoutMs, maxMessageBytes }) }
    }
  }

  async function remove(
    of: Method<Uint8Array, true>,
    request: Uint8Array,
    how?: PruneOptions,
  ): Promise<CriAnswer<void>> {
    const came = await ask(of, request, how)
    if (came.ok || came.failure.code === 'NOT_FOUND') return { ok: true, answer: undefined }
    return came
  }

  return {
    containers: (how) => ask(CONTAINERS, EMPTY, how),
    sandboxes: (how) => ask(SANDBOXES, EMPTY, how),
    images: (how) => ask(LIST_IMAGES, EMPTY, how),
    sandboxImage: (how) => ask(STATUS, VERBOSE, how),
    removeContainer: (id, how) => remove(REMOVE_CONTAINER, text(id), how),
    removeImage: (id, how) => remove(REMOVE_IMAGE, new BinaryWriter().tag(1, 2).bytes(text(id)).finish(), how),
    close: () => rpc.close(),
  }
}
