/** The connection to a plug-in: each call becomes an outcome, and what ended it is remembered. */
import { lstat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { connectUnix, type Method, type RpcClient, RpcError } from '#rpc'
import type { Outcome, Trial } from './types.ts'

/** Much more than a plug-in may answer, so that a larger one is weighed instead of lost. */
const READ_BYTES = 32 * 1024 * 1024
/** How long a connection that was lost is tried again. */
const BACK_MS = 3000
/** A field of bytes that no message of the protocols has: number 1000, "new". */
const UNKNOWN_FIELD = Buffer.from([0xc2, 0x3e, 0x03, 0x6e, 0x65, 0x77])

/** How a call is made. */
export interface CallMore {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** With a field that the plug-in cannot know. */
  readonly withUnknownField?: boolean
}

export interface Line {
  readonly client: RpcClient
  readonly clock: Clock
  /** Since what it has not answered; undefined: it does. */
  readonly lostSince: string | undefined
  ask<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    more?: CallMore,
  ): Promise<Outcome<Response>>
  /**
   * Asks for something that a plug-in may not outlive, and then for something ordinary. Once it has not outlived one, nothing
   * more is asked.
   */
  trial<T>(
    name: string,
    demand: () => Promise<readonly Outcome<T>[]>,
    ordinary: () => Promise<Outcome<unknown>>,
  ): Promise<Trial<T>>
  /** It did not outlive this, or cannot be asked at all: nothing more is asked. */
  lose(name: string): void
  close(): void
}

/** Which file the socket is: a process that was started anew made another. */
export async function fileAt(path: string): Promise<string> {
  const file = await lstat(path).catch(() => undefined)
  return file === undefined ? '' : `${file.dev}:${file.ino}:${file.ctimeMs}`
}

interface Weighed<Response> {
  readonly value: Response
  readonly bytes: number
}

/** The same method, whose answer comes with its size, and whose request may have a field more. */
function weighed<Request, Response>(
  method: Method<Request, Response>,
  withUnknownField: boolean,
): Method<Request, Weighed<Response>> {
  const tail = withUnknownField ? UNKNOWN_FIELD : Buffer.alloc(0)
  const decode: (bytes: Buffer) => Response = method.responseDeserialize
  return {
    ...method,
    requestSerialize: (request: Request) => Buffer.concat([method.requestSerialize(request), tail]),
    responseDeserialize: (bytes: Buffer): Weighed<Response> => ({ value: decode(bytes), bytes: bytes.length }),
  }
}

/** What a connection is that was there: gRPC and the kernel have many words for it. */
export const LOST_WORDS = 'the connection was lost'
const LOST = /^$|^No connection|Connection dropped|ECONNRESET|EPIPE|hang up|[Ss]ocket closed|^Stream refused|GOAWAY/
/** What it is when there is none. */
export const ABSENT_WORDS = 'nobody listens'
const ABSENT = /ENOENT|ECONNREFUSED|Failed to connect/

/** A failed call's own words, or of a connection that is not there whose they are. */
function detailsOf({ code, details }: RpcError): string {
  if (code !== 'UNAVAILABLE') return details
  if (details.includes('Protocol error')) return 'who listens there does not speak gRPC'
  if (ABSENT.test(details)) return ABSENT_WORDS
  return LOST.test(details) ? LOST_WORDS : details
}

/** Of a call that threw. */
export function failureOf(err: unknown, ms: number): Outcome<never> {
  if (err instanceof RpcError) return { kind: 'failed', code: err.code, details: detailsOf(err), ms }
  return { kind: 'failed', code: 'UNKNOWN', details: err instanceof Error ? err.message : String(err), ms }
}

/** An ordinary call; once more where it went to a connection that was gone already. */
async function afterwards(ordinary: () => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> {
  const first = await ordinary()
  return first.kind === 'failed' && first.details === LOST_WORDS ? ordinary() : first
}

/** What becomes of every call after the one that it did not outlive. */
export function notAsked(lostSince: string): Outcome<never> {
  return { kind: 'not-asked', why: `it has not answered since ${lostSince}` }
}

/** @param timeoutMs of a call that names none */
export function openLine(path: string, timeoutMs: number, clock: Clock): Line {
  const client = connectUnix(path, { maxMessageBytes: READ_BYTES, clock })
  let lost: string | undefined

  async function ask<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    more: CallMore = {},
  ): Promise<Outcome<Response>> {
    if (lost !== undefined) return notAsked(lost)
    await client.connected(AbortSignal.timeout(Math.min(timeoutMs, BACK_MS))).catch(() => undefined)
    const beganMs = clock.monotonicMs()
    const took = () => clock.monotonicMs() - beganMs
    const limits = { timeoutMs: more.timeoutMs ?? timeoutMs, signal: more.signal }
    try {
      const { value, bytes } = await client.call(weighed(method, more.withUnknownField ?? false), request, limits)
      return { kind: 'answered', value, bytes, ms: took(), at: clock.now() }
    } catch (err) {
      return failureOf(err, took())
    }
  }

  return {
    client,
    clock,
    get lostSince() {
      return lost
    },
    ask,
    async trial(name, demand, ordinary) {
      const before = await fileAt(path)
      const answers = await demand()
      const after = await afterwards(ordinary)
      const isAnother = (await fileAt(path)) !== before
      if (after.kind === 'failed') lost = name
      return { answers, after, isAnother }
    },
    lose(name) {
      lost ??= name
    },
    close: client.close,
  }
}
