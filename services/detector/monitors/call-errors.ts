/**
 * What a failed call says, in words of who wrote the monitor: a refused connection names no method, since whoever speaks
 * the older protocol never heard of the one that was tried first. Text of a peer is cleaned here, before anybody sees it.
 */
import { cleanText } from '#model'
import { deniedMend, deniedWords } from '#rpc'
import { MonitorAnswerError, MonitorGoneError } from './errors.ts'

/** Longest text of a failed call, in UTF-16 units; with words around it an event may hold it. */
const MAX_DETAIL = 400

function denied(path: string): string {
  const mend = deniedMend(path)
  return `no permission to connect to ${path}: ${deniedWords(path)}${mend === '' ? '' : `; ${mend}`}`
}

/** What the kernel says of a connection that could not be made. */
const CONNECT_WORDS: Readonly<Record<string, (path: string) => string>> = {
  ECONNREFUSED: (path) => `nobody listens on ${path}`,
  ENOENT: (path) => `there is no socket ${path}`,
  EACCES: denied,
  EPERM: denied,
}

/** Who was there ended the connection, or is no more. */
export function connectionLost(socketPath: string): MonitorGoneError {
  return new MonitorGoneError(`the connection to ${cleanText(socketPath, 200)} was lost`, { wasThere: true })
}

/** Somebody listens and takes no connection: as many as it lets wait do. It hangs, it is not gone. */
const QUEUE_FULL = 'EAGAIN'

/** What a transport says of itself; a peer may answer UNAVAILABLE in words of its own. */
const LOST = /^$|^No connection|Connection dropped|ECONNRESET|EPIPE|GOAWAY|hang up|[Ss]tream (?:was )?closed/

function unavailable(path: string, method: string, details: string): Error {
  const refusal = /\bconnect (E[A-Z]+)\b/.exec(details)?.[1] ?? ''
  if (refusal === QUEUE_FULL)
    return new MonitorAnswerError('UNAVAILABLE', `who listens on ${path} takes no connection: its queue is full`)
  const words = CONNECT_WORDS[refusal]
  if (words !== undefined) return new MonitorGoneError(words(path), { wasThere: words === denied })
  if (/Protocol error/.test(details))
    return new MonitorAnswerError('UNAVAILABLE', `who listens on ${path} does not speak gRPC`)
  if (/Failed to connect/.test(details))
    return new MonitorGoneError(`${path} takes a connection and drops it at once`, { wasThere: true })
  if (LOST.test(details)) return connectionLost(path)
  return new MonitorAnswerError('UNAVAILABLE', `${method} failed: UNAVAILABLE: ${details}`)
}

/** What gRPC says of an answer that its decoder does not take: in the code of errors that a peer has by itself, and is none of these. */
const UNREADABLE = /^Response message parsing error\b/

function field(err: object, name: string): string {
  return name in err ? String(err[name as keyof typeof err]) : ''
}

/** gRPC's own tail of a failed connection. */
function withoutTail(details: string): string {
  return details.replace(/\s*Resolution note:\s*$/, '')
}

/**
 * @param method the last step of the method's name: "CheckHealth"
 * @param err what libs/rpc rejects with; everything else passes as it is, its text cleaned
 */
export function callError(socketPath: string, method: string, timeoutMs: number | undefined, err: unknown): Error {
  const path = cleanText(socketPath, 200)
  if (!(err instanceof Error)) return new MonitorAnswerError('UNKNOWN', cleanText(String(err), MAX_DETAIL))
  const code = field(err, 'code')
  if (code === '') return new MonitorAnswerError('UNKNOWN', cleanText(err.message, MAX_DETAIL))
  const cause = err.cause
  const told = typeof cause === 'object' && cause !== null ? field(cause, 'details') : ''
  const details = cleanText(withoutTail(told === '' ? afterCode(err.message, code) : told), MAX_DETAIL)
  if (code === 'UNAVAILABLE') return unavailable(path, method, details)
  if (code === 'DEADLINE_EXCEEDED' && timeoutMs !== undefined)
    return new MonitorAnswerError(code, `${method} was not answered within ${timeoutMs / 1000} s`)
  const isUnreadable = code === 'INTERNAL' && UNREADABLE.test(details)
  const words = `${method} failed: ${code}${details === '' ? '' : `: ${details}`}`
  return new MonitorAnswerError(isUnreadable ? 'DATA_LOSS' : code, words)
}

/** "/x/Describe on /run/x.sock: UNAVAILABLE: details" → "details" */
function afterCode(message: string, code: string): string {
  const at = message.indexOf(`: ${code}: `)
  return at < 0 ? '' : message.slice(at + code.length + 4)
}
