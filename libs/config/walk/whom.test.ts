import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD } from '../testing.ts'
import { whomFault } from './whom.ts'

const monitor = (type: string, config: object) =>
  `${HEAD}monitors:\n  - name: a\n    type: ${type}\n    config: ${JSON.stringify(config)}\n`
const of = (type: string, config: object) => faultsOf(monitor(type, config)).map((line) => line.replace(/^\S+ /, ''))
const endpoint = (url: string) => of('network-connectivity-check', { endpoints: [{ url }] })

describe('an endpoint that can never be asked is refused', () => {
  const key = 'monitors[0].config.endpoints[0].url'
  const expected = 'expected one such as "tcp://10.0.0.7:5432"'
  it.each([
    ['tcp://10.77.0.1', 'it names no port'],
    ['tls://registry.example.org/', 'it names no port'],
    ['tcp://10.77.0.1:99999', 'its port is not a number from 1 to 65535'],
    ['tcp://10.77.0.1:0', 'its port is not a number from 1 to 65535'],
    ['http://a:b', 'its port is not a number from 1 to 65535'],
    ['http://[fe80::1', 'what stands in its brackets is no IPv6 address'],
    ['http://[fe80::g]/', 'what stands in its brackets is no IPv6 address'],
    ['http://:80/', 'it names no host'],
    ['https:///path', 'it names no host'],
    ['http://10.0.0.300/', 'its host is written as an IPv4 address and is none'],
    ['tcp://999.1.1.1:80', 'its host is written as an IPv4 address and is none'],
    ['http://1.2.3/', 'its host is written as an IPv4 address and is none'],
    ['http://a%zz/', 'it is no URL'],
  ])('%s', (url, why) => {
    const words = 'a URL of http, https, tcp or tls with whom to ask'
    expect(endpoint(url)).toEqual([`${key}: "${url}" is not ${words}: ${why}; ${expected}`])
  })

  it('without a word of what is secret in it', () => {
    expect(endpoint('http://me:word@10.0.0.300/')[0]).toContain('"http://(hidden)@10.0.0.300/" is not a URL')
    const proxied = of('network-connectivity-check', { url: 'http://a/', proxy: 'http://me:word@1.2.3:3128' })
    expect(proxied.join()).toContain('.proxy: (hidden) is not a URL of http: its host is written as an IPv4 address')
    expect(proxied.join()).not.toMatch(/word|1\.2\.3/)
  })

  it.each([
    'http://a',
    'https://registry.example.org:5000/v2/',
    'tcp://10.0.0.7:5432',
    'tls://[2001:db8::1]:443',
    'http://me:w@rd@h/',
    'http://a?b@1.2.3',
  ])('%s may be asked', (url) => expect(endpoint(url)).toEqual([]))
})

describe('an address that is none is refused', () => {
  const asking = (text: string) => [
    of('network-peers', { peers: [text] }),
    of('network-peers', { echoPeers: [text] }),
    of('network-gateway-check', { gateways: [text] }),
    of('network-time', { servers: [text] }),
    of('network-cni-check', { discovery: { staticPeers: [text] } }),
  ]

  it.each(['10.0.0.300', '999.1.1.1', '1.2.3'])('%s', (text) => {
    for (const faults of asking(text)) {
      expect(faults).toHaveLength(1)
      expect(faults[0]).toContain(`"${text}" is not a`)
      expect(faults[0]).toContain(': it is written as an IPv4 address and is none; expected one such as "')
    }
  })

  it.each(['10.0.0.7', 'fe80::1%eth0', '2001:db8::7'])('%s is one', (text) => {
    for (const faults of asking(text)) expect(faults).toEqual([])
  })

  it('and a name is one where names are looked up', () => {
    expect(of('network-time', { servers: ['ntp.example.org', 'ntp1', '3.pool.example.org'] })).toEqual([])
    expect(of('network-time', { servers: ['ntp.example.org:123'] })[0]).toContain('it is no IPv6 address')
    expect(of('network-peers', { peers: ['worker-1'] })[0]).toContain(
      '"worker-1" is not an address: it is no IP address',
    )
  })
})

it('any text is either taken or refused', () => {
  fc.assert(
    fc.property(fc.constantFrom('address', 'host', 'url'), fc.string({ unit: 'binary' }), (whom, text) => {
      expect(['string', 'undefined']).toContain(typeof whomFault(whom, text))
    }),
  )
})
