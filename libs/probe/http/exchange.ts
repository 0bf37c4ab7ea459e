/** One request over an open connection, and as much of its answer as is asked for. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { ProbeFailedError } from '../ask.ts'
import { failureOf } from '../failure.ts'
import { tlsFailureOf } from '../tls/failure.ts'
import type { Failure } from '../types.ts'
import type { HttpReply } from './types.ts'

/** What is sent. */
export interface Request {
  readonly method: string
  /** As it stands in the first line: a path, a URL for a proxy, "host:port" for a tunnel. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly maxBodyBytes: number
  /** Is given the body as it comes; else it is kept. */
  readonly take?: ((chunk: Buffer) => void) | undefined
  /** For people. */
  readonly where: string
}

/** A header that cannot be sent. */
const LOCAL: readonly string[] = ['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN']
/** All headers of an answer together; more is no answer. */
const HEADER_BYTES = 16_384
/** Interim answers (1xx) before the answer; more is none, and at full speed they would take a whole processor. */
const INTERIM_MAX = 100

function malformed(message: string, code = ''): Failure {
  return { kind: 'malformed', code, message }
}

/** Of a connection that was open. */
function failureIn(err: Error, where: string): Failure {
  const failure = tlsFailureOf(err, where)
  if (failure.code === 'HPE_HEADER_OVERFLOW')
    return malformed(`headers of more than 16 KiB from ${where}`, failure.code)
  if (failure.code.startsWith('HPE_'))
    return malformed(`what came from ${where} is no HTTP (${err.message})`, failure.code)
  if (LOCAL.includes(failure.code))
    return { kind: 'local', code: failure.code, message: `${err.message}; not sent to ${where}` }
  return failure
}

/** A request on this connection, not sent yet. No agent: nothing is kept alive, nobody else's request goes over it. */
export function requestOver(socket: Socket, { method, target, headers, where }: Request): ClientRequest {
  try {
    return request({
      method,
      path: target,
      headers: { ...headers, connection: 'close' },
      setHost: false,
      createConnection: () => socket,
      maxHeaderSize: HEADER_BYTES,
    })
  } catch (err) {
    throw new ProbeFailedError(failureIn(err as Error, where), err)
  }
}

/** What has come so far, for whoever asks why nothing more comes. */
interface Progress {
  bytes: number
  hasHead: boolean
}

function lateness(where: string, { bytes, hasHead }: Progress): Failure | undefined {
  if (!hasHead) return undefined
  return {
    kind: 'timeout',
    code: '',
    message: `${where} has begun to answer and did not end it in time (${bytes} bytes of its body)`,
  }
}

function replyOf(response: IncomingMessage, body: Buffer, isCut: boolean): HttpReply {
  return { status: response.statusCode ?? 0, headers: response.headersDistinct, body, isCut }
}

/**
 * Keeps what comes in one piece: of chunks of a byte each, kept as they come, each would take two hundred.
 * @returns what gives the whole
 */
function collecting(): { add(chunk: Buffer): void; whole(): Buffer } {
  let room = Buffer.allocUnsafe(1024)
  let filled = 0
  return {
    add(chunk) {
      const needed = filled + chunk.length
      if (needed > room.length) room = Buffer.concat([room.subarray(0, filled)], Math.max(needed, 2 * room.length))
      filled += chunk.copy(room, filled)
    },
    whole: () => room.subarray(0, filled),
  }
}

/** Reads the body up to its bound, and leaves the rest. */
function bodyOf(response: IncomingMessage, asked: Request, progress: Progress): Promise<HttpReply> {
  const { maxBodyBytes, where } = asked
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>()
  const kept = collecting()
  const { take = kept.add } = asked
  const end = (isCut: boolean): void => resolve(replyOf(response, kept.whole(), isCut))
  const broken = (): void => {
    const message = `half an answer from ${where}: it broke off after ${progress.bytes} bytes of its body`
    reject(new ProbeFailedError({ kind: 'reset', code: '', message }))
  }
  const took = (chunk: Buffer): void => {
    const room = Math.max(0, maxBodyBytes - progress.bytes)
    progress.bytes += chunk.length
    take(chunk.subarray(0, room))
    if (chunk.length > room) {
      end(true)
      response.destroy()
    }
  }
  response.on('data', (chunk: Buffer) => {
    try {
      took(chunk)
    } catch (err) {
      reject(err)
      response.destroy()
    }
  })
  response.on('error', (err) => (failureOf(err, where).kind === 'reset' ? broken() : reject(err)))
  response.once('close', () => (response.complete ? end(false) : broken()))
  return promise
}

/**
 * Sends one request and reads its answer. Interim answers (1xx) are passed over.
 * @throws ProbeFailedError; the signal's reason
 */
export async function exchanged(socket: Socket, asked: Request, signal: AbortSignal): Promise<HttpReply> {
  const { where } = asked
  const progress: Progress = { bytes: 0, hasHead: false }
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>()
  const sent = requestOver(socket, asked)
  const fail = (err: Error): void =>
    reject(err instanceof ProbeFailedError ? err : new ProbeFailedError(failureIn(err, where), err))
  const late = (): void => {
    const failure = lateness(where, progress)
    reject(failure === undefined ? signal.reason : new ProbeFailedError(failure, signal.reason))
  }
  signal.addEventListener('abort', late, { once: true })
  let answer: IncomingMessage | undefined
  // What comes behind a whole answer is not listened to: a body where there is none, a line too many.
  sent.on('error', (err) => answer?.complete === true || fail(err))
  let interim = 0
  sent.on('information', () => {
    interim += 1
    if (interim > INTERIM_MAX)
      fail(new ProbeFailedError(malformed(`more than ${INTERIM_MAX} interim answers from ${where}`)))
  })
  sent.once('upgrade', () => fail(new ProbeFailedError(malformed(`${where} changes to another protocol, unasked`))))
  sent.once('response', (response) => {
    progress.hasHead = true
    answer = response
    if ((response.statusCode ?? 0) < 200)
      fail(new ProbeFailedError(malformed(`a status of ${response.statusCode}, which is none, from ${where}`)))
    // Some send a body with it all the same, which is none of ours.
    if (asked.method === 'HEAD') resolve(replyOf(response, Buffer.alloc(0), false))
    bodyOf(response, asked, progress).then(resolve, fail)
  })
  sent.end()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', late)
    sent.destroy()
  }
}

/**
 * Asks a proxy for a tunnel. What it says afterwards comes from the other end.
 * @throws ProbeFailedError where it refuses
 */
export async function tunnelled(socket: Socket, asked: Request, signal: AbortSignal): Promise<void> {
  const { where, target } = asked
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const sent = requestOver(socket, asked)
  const end = (): void => reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  sent.on('error', (err) => reject(new ProbeFailedError(failureIn(err, where), err)))
  sent.once('connect', ({ statusCode = 0 }: IncomingMessage, _: unknown, head: Buffer) => {
    const code = String(statusCode)
    if (statusCode === 407)
      reject(
        new ProbeFailedError({
          kind: 'denied',
          code,
          message: `the name and the password of a user are asked for by ${where}`,
        }),
      )
    else if (statusCode < 200 || statusCode > 299)
      reject(
        new ProbeFailedError({
          kind: 'unexpected',
          code,
          message: `${statusCode} instead of a way to ${target} from ${where}`,
        }),
      )
    else if (head.length > 0)
      reject(new ProbeFailedError(malformed(`somebody speaks before the handshake by ${where}`)))
    else resolve()
  })
  sent.end()
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', end)
  }
}
