/** What the system says of a connection, in words to act on. */
import { isIPv6 } from 'node:net'
import type { Failure, FailureKind, Place } from './types.ts'

const KINDS: Readonly<Record<string, readonly [FailureKind, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ECONNRESET: ['reset', 'connection broken off by the other side'],
  EPIPE: ['reset', 'connection broken off by the other side'],
  ECONNABORTED: ['reset', 'connection broken off'],
  EHOSTUNREACH: ['unreachable', 'host unreachable'],
  ENETUNREACH: ['unreachable', 'no route'],
  EHOSTDOWN: ['unreachable', 'host down'],
  ENETDOWN: ['unreachable', 'network down'],
  ENONET: ['unreachable', 'no network'],
  ETIMEDOUT: ['timeout', 'no answer'],
  EACCES: ['denied', 'not permitted by this machine'],
  EPERM: ['denied', 'not permitted by this machine'],
  EADDRNOTAVAIL: ['local', 'no own address or port left to ask from'],
  EMFILE: ['local', 'too many open files of this process'],
  ENFILE: ['local', 'too many open files of this machine'],
  ENOBUFS: ['local', 'no buffers left on this machine'],
  EINVAL: ['local', 'not an address that can be asked from here'],
  EAFNOSUPPORT: ['local', 'this machine has no such addresses'],
}

/** "127.0.0.1:53", "[fe80::1%eth0]:53". */
export function placeText({ address, port }: Place): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : ''
}

/** The failure that an error of a socket is. @param where what was asked, for people */
export function failureOf(err: unknown, where: string): Failure {
  const code = codeOf(err)
  const [kind, words] = KINDS[code] ?? ['unexpected', err instanceof Error ? err.message : String(err)]
  return { kind, code, message: `${words} at ${where}` }
}

/** Nothing came in time. */
export function timedOut(where: string, timeoutMs: number): Failure {
  return { kind: 'timeout', code: '', message: `no answer from ${where} within ${timeoutMs} ms` }
}
