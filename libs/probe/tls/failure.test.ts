import { expect, it } from 'vitest'
import { tlsFailureOf } from './failure.ts'

it.each([
  [
    'ERR_SSL_DH_KEY_TOO_SMALL',
    'unexpected',
    'no way of encryption is offered but one that is too weak, or unknown here,',
  ],
  [
    'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
    'unexpected',
    'no way of encryption is offered but one that is too weak, or unknown here,',
  ],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'malformed', 'no TLS is spoken'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'unexpected', 'the handshake was refused'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'denied', 'our own certificate is missing or not taken'],
  ['ERR_SSL_DECODE_ERROR', 'malformed', 'what was said is no TLS'],
])('%s is %s: %s', (code, kind, words) => {
  const err = Object.assign(new Error('what OpenSSL says'), { code })
  expect(tlsFailureOf(err, 'X')).toEqual({ kind, code, message: `${words} at X` })
})
