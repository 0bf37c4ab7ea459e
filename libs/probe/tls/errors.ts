/** What of TLS is no answer of anybody. */

/** Certificates or a key that were given and cannot be read: whoever gave them says so, and asks nobody meanwhile. */
export class TrustInvalidError extends Error {
  override readonly name = 'TrustInvalidError'
  readonly code = 'TRUST_INVALID'
}
