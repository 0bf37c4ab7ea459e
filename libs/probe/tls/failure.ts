/** Why there is no TLS to be had, in words to act on. */
import { failureOf } from '../failure.ts'
import type { Failure, FailureKind } from '../types.ts'

/** By what OpenSSL calls it, as Node writes that; the first that fits. */
const CAUSES: readonly (readonly [RegExp, FailureKind, string])[] = [
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|RECORD_LAYER/,
    'malformed',
    'no TLS is spoken',
  ],
  [
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|INAPPROPRIATE_FALLBACK/,
    'unexpected',
    'no TLS of version 1.2 or later is spoken',
  ],
  [/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY/, 'unexpected', 'no way of encryption in common'],
  [/UNRECOGNIZED_NAME/, 'unexpected', 'nobody knows that name'],
  [/ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/, 'denied', 'our own certificate is missing or not taken'],
  [/ALERT/, 'unexpected', 'the handshake was refused'],
  [
    /KEY_TOO_SMALL|TOO_WEAK|LEGACY_RENEGOTIATION|UNSUPPORTED|WRONG_(CURVE|SIGNATURE|CIPHER)/,
    'unexpected',
    'no way of encryption is offered but one that is too weak, or unknown here,',
  ],
  [/SSL|TLS|EPROTO/, 'malformed', 'what was said is no TLS'],
]

/** The failure that an error of a TLS connection is. */
export function tlsFailureOf(err: Error, where: string): Failure {
  const failure = failureOf(err, where)
  if (failure.kind !== 'unexpected') return failure
  const [, kind, words] = CAUSES.find(([cause]) => cause.test(failure.code)) ?? []
  return kind === undefined ? failure : { ...failure, kind, message: `${words} at ${where}` }
}
