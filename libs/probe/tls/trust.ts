/** Whose word is taken for who somebody is, and what this side shows of itself. */
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { pemBlocks } from './certificate.ts'
import { TrustInvalidError } from './errors.ts'

/** What a trust is made of, all as PEM. */
export interface TrustOptions {
  /** The authorities, and nobody else; a server's own certificate is enough for itself. Default: those of Mozilla that come with Node. */
  readonly authorities?: string | undefined
  /** Our own certificate, with what leads to its authority; goes with `key`. Default: none is shown. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

/** Made once, and used for every handshake: to read the authorities of a machine takes 7 ms of CPU. */
export interface Trust {
  readonly context: SecureContext
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    // Not one, which is the answer.
    return false
  }
}

/** @throws TrustInvalidError where something of it cannot be read */
export function createTrust({ authorities, certificate, key }: TrustOptions = {}): Trust {
  // Each by itself: OpenSSL reads a file no further than the first that is none, and all behind it would be unknown.
  const ca = authorities === undefined ? undefined : [...pemBlocks(authorities)]
  // Without this, authorities that cannot be read would be none, and nobody known.
  if (ca !== undefined && !ca.some(isCertificate))
    throw new TrustInvalidError(
      'there is no certificate among the authorities; they are PEM, -----BEGIN CERTIFICATE-----',
    )
  try {
    // As for Go, each of them is believed for itself: one between, or the very one that is shown.
    return { context: createSecureContext({ ca, cert: certificate, key, allowPartialTrustChain: true }) }
  } catch (cause) {
    throw new TrustInvalidError('cannot read our own certificate and its key; both are PEM, and belong together', {
      cause,
    })
  }
}
