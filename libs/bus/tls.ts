/** An external server proves itself by a certificate of a CA that the operator named. */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { ErrorCode, type NatsConnection, NatsError, type TlsOptions } from 'nats'
import { BusTlsError } from './errors.ts'
import type { BusCredentials, BusTls } from './types.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/

/** Whether each address of it stays on this machine. */
export function isLoopback(url: string): boolean {
  return url.split(',').every((one) => URL.canParse(one) && LOOPBACK.test(new URL(one).hostname))
}

/** The client gives no name for an address, and Node takes "localhost" then: it is the address that has to be in there. */
function identityOf(url: string) {
  const addresses = url
    .split(',')
    .map((one) => new URL(one).hostname.replace(/^\[|\]$/g, ''))
    .filter((host) => isIP(host) !== 0)
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const failure = checkServerIdentity(host, certificate)
    if (failure === undefined || host !== 'localhost') return failure
    return addresses.some((address) => checkServerIdentity(address, certificate) === undefined) ? undefined : failure
  }
}

/** The files anew at each attempt: certificates are replaced while we run. @throws BusTlsError naming the file */
export async function tlsOptions(url: string, { ca, cert, key }: BusTls): Promise<TlsOptions> {
  const read = (path: string) =>
    readFile(path, 'utf8').catch((err: unknown) => {
      throw new BusTlsError(url, `${path} cannot be read: ${err instanceof Error ? err.message : String(err)}`, err)
    })
  const options = {
    checkServerIdentity: identityOf(url),
    ca: await read(ca),
    ...(cert !== undefined && key !== undefined && { cert: await read(cert), key: await read(key) }),
  }
  return options
}

const PLAIN = 'the server speaks without TLS, and bus.tls wants its certificate'

/** Why an attempt failed, in words: the client's own for a server without TLS is "tls". */
export function tlsFailure(err: unknown, url: string): unknown {
  return err instanceof NatsError && err.code === ErrorCode.ServerOptionNotAvailable
    ? new BusTlsError(url, PLAIN, err)
    : err
}

/** Whatever the client did: nothing is said to a server in plain words. @throws BusTlsError */
export function refusePlain(connection: NatsConnection, { url, tls }: BusCredentials): void {
  if (tls === undefined) return
  const { protocol } = connection as { protocol?: { transport?: { isEncrypted?: () => boolean } } }
  if (protocol?.transport?.isEncrypted?.() === true) return
  throw new BusTlsError(url, PLAIN)
}
