import fc from 'fast-check'
import { expect, it } from 'vitest'
import { namesIn, parseCertificates } from './certificate.ts'

it('reads DNS names and addresses, and nothing of what a name may pretend', () => {
  expect(namesIn('DNS:a.test, IP Address:127.0.0.1, URI:spiffe://a, email:b@c')).toEqual(['a.test', '127.0.0.1'])
  expect(namesIn('URI:"http://x, DNS:evil.test", DNS:"a, DNS:b", IP Address:FE80:0:0:0:0:0:0:1')).toEqual([
    'a, DNS:b',
    'FE80:0:0:0:0:0:0:1',
  ])
  expect(namesIn('othername:<unsupported>, DNS:a')).toEqual(['a'])
  expect(namesIn(undefined)).toEqual([])
})

it('never throws, whatever stands in a file', () => {
  const part = fc.constantFrom(
    '-----BEGIN CERTIFICATE-----\n',
    '-----END CERTIFICATE-----\n',
    'MIIB',
    '-----BEGIN ',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      expect(parseCertificates(parts.join('')).certificates).toEqual([])
      expect(Array.isArray(namesIn(parts.join('DNS:')))).toBe(true)
    }),
  )
})
