/** Whether somebody is who he should be. */
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type Certificate, lineOf, namesIn } from './certificate.ts'

/**
 * Why a certificate is not taken:
 * - `expired`, `not-yet-valid`: by the time of this machine. Whether its authority is known is not said then
 * - `name-mismatch`: it is for others
 * - `unknown-authority`: nobody who is trusted has signed it, or the certificates between are missing
 * - `self-signed`: it has signed itself
 * - `absent`: none was shown
 * - `invalid`: something else; the code says what
 */
export type CertificateFaultKind =
  | 'expired'
  | 'not-yet-valid'
  | 'name-mismatch'
  | 'unknown-authority'
  | 'self-signed'
  | 'absent'
  | 'invalid'

/** One reason why a certificate is not taken. */
export interface CertificateFault {
  readonly kind: CertificateFaultKind
  /** OpenSSL's word ("CERT_HAS_EXPIRED"). */
  readonly code: string
  /** For people, about "it": "it is for a.test and not for b.test". */
  readonly message: string
}

/** Whether it is who it should be. Whether the certificate was revoked nobody is asked. */
export type Verification =
  | { readonly verified: true }
  | { readonly verified: false; readonly faults: readonly [CertificateFault, ...CertificateFault[]] }

/** openssl-verification-options(1), as Node names them. */
const KINDS: Readonly<Record<string, CertificateFaultKind>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-authority',
}
/** What Node calls all faults that it has no name for; measured: of a key of 1,024 bits, and of a name that its authority is kept from. */
const UNNAMED = 'UNSPECIFIED'
const NOT_ACCEPTED = 'it is not accepted; often a weak key or signature, or a name that its authority may not sign for'
/** Fewer bits of an RSA key, and signatures by these, OpenSSL does not accept by default (SSL_CTX_set_security_level(3), level 2). */
const RSA_BITS_MIN = 2048
const WEAK_SIGNATURE = /(?:md5|sha1)(?![0-9])/i
/** As many names as people read. */
const NAMES_SHOWN = 3

/** What was shown, and what OpenSSL says of it. */
export interface Shown {
  readonly leaf: X509Certificate | undefined
  readonly chain: readonly Certificate[]
  /** Null: nothing. */
  readonly code: string | null
  readonly serverName: string
  /** When that was; OpenSSL goes by the clock of this machine. */
  readonly at: Date
}

function day(time: Date | undefined): string {
  return time === undefined ? 'an unreadable time' : time.toISOString().slice(0, 10)
}

/** The one that is out of its time; the leaf, unless one above it ended sooner or begins later. What is trusted need not be shown. */
function outOfTime({ chain, at }: Shown, end: 'notBefore' | 'notAfter'): string {
  const sign = end === 'notAfter' ? 1 : -1
  const isOut = (time: Date | undefined) => time === undefined || sign * (at.getTime() - time.getTime()) >= 0
  const out = chain.filter((one) => isOut(one[end]))
  const [worst] = out.toSorted((a, b) => sign * ((a[end]?.getTime() ?? 0) - (b[end]?.getTime() ?? 0)))
  if (worst === undefined) {
    const authority = `its authority, ${chain.at(-1)?.issuer}, which is trusted here and not shown,`
    return end === 'notAfter' ? `${authority} has expired` : `${authority} is not valid yet`
  }
  const whose = worst === chain[0] ? '' : `, of ${worst.subject} above it`
  return end === 'notAfter'
    ? `it expired on ${day(worst.notAfter)}${whose}`
    : `it is valid from ${day(worst.notBefore)} on${whose}, and by the clock of this machine it is ${day(at)}`
}

/** What of a leaf says by itself why it is not accepted; else what the reason often is. */
function unnamed({ leaf, chain }: Shown): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf?.publicKey ?? {}
  const bits = asymmetricKeyDetails?.modulusLength
  if (asymmetricKeyType === 'rsa' && bits !== undefined && bits < RSA_BITS_MIN)
    return `it is not accepted: its key is too short (RSA: ${bits} bits, and not 2,048)`
  // What a certificate has signed of itself is not looked at where it is trusted.
  const isOwn = chain[0] !== undefined && chain[0].subject === chain[0].issuer
  const signature = isOwn ? undefined : leaf?.signatureAlgorithm
  if (signature !== undefined && WEAK_SIGNATURE.test(signature))
    return `it is not accepted: its signature is too weak (${signature})`
  return NOT_ACCEPTED
}

function messageOf(kind: CertificateFaultKind, shown: Shown): string {
  const { chain, code } = shown
  switch (kind) {
    case 'expired':
      return outOfTime(shown, 'notAfter')
    case 'not-yet-valid':
      return outOfTime(shown, 'notBefore')
    case 'self-signed':
      return 'it has signed itself'
    case 'unknown-authority':
      return `nobody trusted has signed it: its authority is ${chain.at(-1)?.issuer}`
    default:
      return code === UNNAMED ? unnamed(shown) : `it is not valid (${code})`
  }
}

/** What can be a name: for one that begins with a dot OpenSSL takes all below it. */
const NAME = /^[^\s.\u0000-\u001f][^\s\u0000-\u001f]{0,254}$/

/** Whether this can be told to a server as the name of it (RFC 6066): an address cannot. */
export function isName(serverName: string): boolean {
  return isIP(serverName) === 0 && NAME.test(serverName)
}

/**
 * Whether a certificate is for a name (RFC 9525) or an address, whatever its zone. As for Go, and so for all of Kubernetes, the subject
 * is no name, and a `*` stands for one whole label. Never throws.
 */
export function isFor(leaf: X509Certificate, serverName: string): boolean {
  if (isIP(serverName) !== 0) return leaf.checkIP(serverName.replace(/%.*$/, '')) !== undefined
  if (!isName(serverName)) return false
  return leaf.checkHost(serverName, { subject: 'never', partialWildcards: false }) !== undefined
}

function mismatch(leaf: X509Certificate, serverName: string): CertificateFault {
  const names = namesIn(leaf.subjectAltName)
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  const shown = names.length === 0 ? 'nobody by name' : `${names.slice(0, NAMES_SHOWN).join(', ')}${more}`
  return {
    kind: 'name-mismatch',
    code: 'HOSTNAME_MISMATCH',
    message: `it is for ${shown}, and not for ${lineOf(serverName)}`,
  }
}

/** All that speaks against what was shown. */
export function evaluateShown(shown: Shown): Verification {
  const { leaf, code, serverName } = shown
  if (leaf === undefined)
    return { verified: false, faults: [{ kind: 'absent', code: '', message: 'it shows no certificate' }] }
  const kind = code === null ? undefined : (KINDS[code] ?? 'invalid')
  const [first, ...others] = [
    ...(kind === undefined ? [] : [{ kind, code: code ?? '', message: messageOf(kind, shown) }]),
    ...(isFor(leaf, serverName) ? [] : [mismatch(leaf, serverName)]),
  ]
  return first === undefined ? { verified: true } : { verified: false, faults: [first, ...others] }
}
