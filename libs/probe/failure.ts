/** What the system says of a connection, in words to act on. */
import { isIP, isIPv6 } from 'node:net'
import { getSystemErrorMessage } from 'node:util'
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
  // ICMP: protocol unreachable.
  ENOPROTOOPT: ['refused', 'protocol refused'],
  ETIMEDOUT: ['timeout', 'no answer'],
  EACCES: ['denied', 'not permitted by this machine'],
  EPERM: ['denied', 'not permitted by this machine'],
  EADDRNOTAVAIL: ['local', 'no own address or port left to ask from'],
  // A datagram's port is taken by bind(2), which calls it so where none is left; connect(2): EAGAIN.
  EADDRINUSE: ['local', 'no own port left to ask from'],
  EAGAIN: ['local', 'no own port left to ask from'],
  ENOMEM: ['local', 'no memory left on this machine'],
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

/** What of a system's error tells where it comes from. */
type SystemError = NodeJS.ErrnoException & { readonly address?: string }

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : ''
}

/** Codes that mean another thing than elsewhere, by what said them. */
function byOrigin(code: string, { syscall, address = '' }: SystemError): readonly [FailureKind, string] | undefined {
  // A datagram comes back with it, or connect(2) by IPv6: the kernel's word for "administratively prohibited" (ICMPv6, 1).
  const isProhibited = syscall === 'recvmsg' || (syscall === 'connect' && isIPv6(address))
  if (code === 'EACCES' && isProhibited)
    return ['unreachable', 'prohibited by a firewall on the way, or by a route of this machine,']
  // Of a route of type blackhole; a link-local address without its link, or of none that is here, is no address.
  const isWhole = syscall === 'connect' && isIP(address) !== 0 && !/^f[ef]/i.test(address)
  if (code === 'EINVAL' && isWhole)
    return ['unreachable', 'a route of this machine throws away what is sent (blackhole)']
  return undefined
}

function wordsOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const { errno, syscall, code } = err as SystemError
  return errno === undefined || syscall === undefined ? err.message : `${getSystemErrorMessage(errno)} (${code})`
}

/** The failure that an error of a socket is. @param where what was asked, for people */
export function failureOf(err: unknown, where: string): Failure {
  const code = codeOf(err)
  const [kind, words] = byOrigin(code, err as SystemError) ?? KINDS[code] ?? ['unexpected', wordsOf(err)]
  return { kind, code, message: `${words} at ${where}` }
}

/** Nothing came in time. */
export function timedOut(where: string, timeoutMs: number): Failure {
  return { kind: 'timeout', code: '', message: `no answer from ${where} within ${timeoutMs} ms` }
}
