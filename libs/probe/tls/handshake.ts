/** A handshake that shows who somebody is, and sends him nothing. */
import type { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import type { Clock } from '#clock'
import { ProbeFailedError } from '../ask.ts'
import type { OpenSocket } from '../tcp/open.ts'
import { type Certificate, certificateOf } from './certificate.ts'
import { tlsFailureOf } from './failure.ts'
import type { Trust } from './trust.ts'
import { evaluateShown, isName, type Verification } from './verify.ts'

/** What a handshake has shown. */
export interface Handshake {
  /** "TLSv1.3" */
  readonly protocol: string
  /** "TLS_AES_256_GCM_SHA384" */
  readonly cipher: string
  /** What was shown: the server's own certificate first. */
  readonly chain: readonly Certificate[]
  readonly verification: Verification
}

/** With whom. */
export interface HandshakeOptions {
  readonly clock: Clock
  readonly trust: Trust
  /** The name or address that its certificate has to be for; a name is also told to it (SNI). */
  readonly serverName: string
  /** For people. */
  readonly where: string
}

/** A connection on which nothing was sent beyond the handshake. It ends with the one below it. */
export interface Secured {
  readonly socket: TLSSocket
  readonly handshake: Handshake
}

/** Longer than any that is meant; one that leads to itself ends here, too. */
const CHAIN_MAX = 16

function chainOf(leaf: X509Certificate | undefined): readonly Certificate[] {
  const chain: Certificate[] = []
  for (let next = leaf; next !== undefined && chain.length < CHAIN_MAX; next = next.issuerCertificate)
    chain.push(certificateOf(next))
  return chain
}

function shownBy(socket: TLSSocket, serverName: string, at: Date): Handshake {
  const leaf = socket.getPeerX509Certificate()
  const chain = chainOf(leaf)
  const code = socket.authorized ? null : String(socket.authorizationError)
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    chain,
    verification: evaluateShown({ leaf, chain, code, serverName, at }),
  }
}

/**
 * Shakes hands on an open connection, and takes who answers as he is: what is wrong with his certificate is in the answer.
 * @throws ProbeFailedError where there is no TLS to be had; the signal's reason
 */
export function secured(
  open: OpenSocket,
  { clock, trust, serverName, where }: HandshakeOptions,
  signal: AbortSignal,
): Promise<Secured> {
  const { promise, resolve, reject } = Promise.withResolvers<Secured>()
  // A dot at the end is for resolvers: no certificate has it.
  const name = serverName.replace(/\.$/, '')
  const socket = connect({
    socket: open.socket,
    secureContext: trust.context,
    servername: isName(name) ? name : '',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  })
  const end = (): void => reject(signal.reason)
  socket.on('error', (err: Error) => reject(new ProbeFailedError(tlsFailureOf(err, where), err)))
  socket.once('close', () => {
    signal.removeEventListener('abort', end)
    const message = `connection broken off at ${where}`
    reject(new ProbeFailedError({ kind: 'reset', code: '', message }))
  })
  socket.once('secureConnect', () => {
    try {
      resolve({ socket, handshake: shownBy(socket, name, clock.now()) })
    } catch (err) {
      // A certificate that cannot be looked at is one more way to be none.
      reject(err)
    }
  })
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return promise
}
