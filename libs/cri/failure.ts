/** Why a runtime did not answer, in words to act on. */
import { deniedWords, type RpcError } from '#rpc'
import { MESSAGE_MAX, plainText } from './plain.ts'
import type { CriFailure } from './types.ts'

/** What of a call is spoken of. */
export interface Question {
  /** "ListContainers" */
  readonly call: string
  /** The socket's, as this process sees it. */
  readonly path: string
  /** The same for people: from the host's root. */
  readonly place: string
  readonly timeoutMs: number
  readonly maxMessageBytes: number
}

const MIB = 1024 * 1024
/** "No connection established. Last error: Error: connect ECONNREFUSED /run/x.sock. Resolution note:" */
const CONNECT = /\bconnect (E[A-Z]+)\b/
/** Of a call that got none of the answer: our own clock's words, and those of gRPC's library. What else is said the runtime says itself. */
const LATE = /^(?:no answer in time$|it waited for its turn\b|Deadline exceeded after \d)/
/** By gRPC's library, of a connection that ended. */
const BROKEN_OFF =
  /^(?:No connection established\b|Connection dropped$|(?:read|write) E[A-Z]+|Write (?:error|failed)\b|Stream refused by server$|Failed to start HTTP\/2 stream\b|Received RST_STREAM with code \d+ triggered by)/
/** "Received message larger than max (5000000 vs 4194304)"; of containerd itself "grpc: trying to send message larger than max" */
const TOO_LARGE = /message larger than max(?: \((\d+) vs)?/
/** By gRPC's library, of what came and was no answer. */
const UNREADABLE =
  /^(?:Response message parsing error\b|Received RST_STREAM with code [12]\b(?! triggered)|No connection established\..*Protocol error)/
/** Who may be removed, or has much written on it, where a list is too large. */
const REMEDIES: Readonly<Record<string, string>> = {
  ListContainers: 'remove containers that have ended (crictl ps -a)',
  ListPodSandbox: 'remove pods that have ended (crictl pods); large annotations of pods count too',
}

/** The failure that an error of a call is. */
export function failureOf(err: RpcError, question: Question): CriFailure {
  const { call, place, timeoutMs } = question
  const said = plainText(err.details, MESSAGE_MAX)
  switch (err.code) {
    case 'DEADLINE_EXCEEDED':
      if (!LATE.test(err.details)) return answered(err, question, said)
      return {
        kind: 'timeout',
        code: err.code,
        message: `no answer to ${call} at ${place} within ${timeoutMs} ms: the container runtime hangs or is overloaded`,
      }
    case 'UNIMPLEMENTED':
      return {
        kind: 'no-cri',
        code: err.code,
        message: `what listens at ${place} does not serve the CRI v1 (${said}); of containerd, see disabled_plugins in its configuration`,
      }
    case 'UNAVAILABLE':
      return unavailable(err, question, said)
    // By whoever answers, who is about to end: of ours no failure is made.
    case 'CANCELLED':
      return reset(err, place, said)
    default:
      return answered(err, question, said)
  }
}

function answered(err: RpcError, { call, place, maxMessageBytes }: Question, said: string): CriFailure {
  const large = TOO_LARGE.exec(err.details)
  if (err.code === 'RESOURCE_EXHAUSTED' && large !== null) return tooLarge(call, place, large[1], maxMessageBytes)
  if (UNREADABLE.test(err.details)) return unreadable(err, place, said)
  if (BROKEN_OFF.test(err.details)) return reset(err, place, said)
  return { kind: 'error', code: err.code, message: `${call} failed at ${place}: ${err.code}: ${said}` }
}

/** More than is read, in bytes or in items. @param bytes of the answer, where it is known */
export function tooLarge(call: string, place: string, bytes: string | undefined, maxBytes: number): CriFailure {
  const remedy = REMEDIES[call]
  const size = bytes === undefined ? '' : ` is ${(Number(bytes) / MIB).toFixed(1)} MiB and`
  return {
    kind: 'too-large',
    code: 'RESOURCE_EXHAUSTED',
    message: `the answer to ${call} at ${place}${size} is larger than what is read of one (${maxBytes / MIB} MiB)${remedy === undefined ? '' : `; ${remedy}`}`,
  }
}

function unreadable({ code }: RpcError, place: string, said: string): CriFailure {
  return { kind: 'malformed', code, message: `what came from ${place} is no answer of the CRI: ${said}` }
}

function reset({ code }: RpcError, place: string, said: string): CriFailure {
  return {
    kind: 'reset',
    code,
    message: `connection broken off at ${place}: the container runtime ended or was restarted while it was asked (${said})`,
  }
}

function unavailable(err: RpcError, { path, place }: Question, said: string): CriFailure {
  const [, code = ''] = CONNECT.exec(err.details) ?? []
  switch (code) {
    case 'ENOENT':
      return {
        kind: 'missing',
        code,
        message: `no socket at ${place}: the container runtime is not running, or listens elsewhere`,
      }
    case 'ECONNREFUSED':
      return { kind: 'refused', code, message: `connection refused at ${place}: the container runtime is not running` }
    case 'EACCES':
    case 'EPERM':
      return { kind: 'denied', code, message: `permission denied at ${place}: ${deniedWords(path)}` }
    case 'EAGAIN':
      return {
        kind: 'timeout',
        code,
        message: `nobody takes the connections that wait at ${place}, and there is no room for another: the container runtime hangs`,
      }
    default:
  }
  if (UNREADABLE.test(err.details)) return unreadable(err, place, said)
  if (BROKEN_OFF.test(err.details)) return reset(err, place, said)
  return { kind: 'unavailable', code: err.code, message: `the container runtime at ${place} is not ready: ${said}` }
}
