/** Opening a connection, for every probe that needs one. */
import { connect, type Socket } from 'node:net'
import { ProbeFailedError } from '../ask.ts'
import { failureOf } from '../failure.ts'
import type { FailureKind, Place } from '../types.ts'

/** A connection that goes with `using`. */
export interface OpenSocket extends Disposable {
  readonly socket: Socket
}

/** What a Unix socket's path says beside what a network says. */
const PATH_FAULTS: Readonly<Record<string, readonly [FailureKind, string]>> = {
  ENOENT: ['refused', 'no socket'],
  ENOTDIR: ['refused', 'no such folder'],
  ENOTSOCK: ['refused', 'a file that is no socket'],
  // unix(7): its queue of connections is full, so whoever listens takes none.
  EAGAIN: ['timeout', 'nobody takes connections'],
}

/**
 * Where nobody listens at a port that the kernel may choose for our own side, one of many tries is connected to itself (RFC 9293, 3.5: a
 * simultaneous open).
 */
function isToItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress
}

function refused({ remoteAddress: address }: Socket): NodeJS.ErrnoException {
  return Object.assign(new Error('connected to itself'), { code: 'ECONNREFUSED', syscall: 'connect', address })
}

function opened(socket: Socket, signal: AbortSignal): Promise<OpenSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenSocket>()
  const end = (): void => {
    socket.destroy()
    reject(signal.reason)
  }
  // For the whole life of the socket: what breaks later is told to whoever reads from it or writes to it.
  socket.on('error', reject)
  socket.once('connect', () => {
    if (isToItself(socket)) socket.destroy(refused(socket))
    else resolve({ socket, [Symbol.dispose]: () => socket.destroy() })
  })
  signal.addEventListener('abort', end, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', end))
  if (signal.aborted) end()
  return promise
}

/**
 * Connects to a literal address. The signal ends the connection too, for as long as it is open.
 * @throws the system's error, or the signal's reason
 */
export function openTcp({ address, port }: Place, signal: AbortSignal): Promise<OpenSocket> {
  return opened(connect({ host: address, port, noDelay: true }), signal)
}

/** Connects to a Unix socket. @throws ProbeFailedError where there is none; else as {@link openTcp} */
export async function openUnix(path: string, signal: AbortSignal): Promise<OpenSocket> {
  try {
    return await opened(connect({ path }), signal)
  } catch (err) {
    const failure = failureOf(err, path)
    const [kind, words] = PATH_FAULTS[failure.code] ?? []
    if (kind === undefined) throw err
    throw new ProbeFailedError({ ...failure, kind, message: `${words} at ${path}` }, err)
  }
}
