import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseResolvConf } from './resolv-conf.ts'

/** As a kubelet writes it. */
const POD = `search default.svc.cluster.local svc.cluster.local cluster.local example.com
nameserver 10.96.0.10
options ndots:5
`
const NONE = { search: undefined, ndots: 1, timeoutS: 5, attempts: 2, flags: [], ignoredServers: [], remarks: [] }

describe('a resolv.conf', () => {
  it('of a pod is read', () => {
    expect(parseResolvConf(POD)).toEqual({
      ...NONE,
      servers: ['10.96.0.10'],
      isNamed: true,
      search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
      ndots: 5,
    })
  })

  it('that is empty means the nameserver of this machine, which nobody named', () => {
    expect(parseResolvConf('')).toEqual({ ...NONE, servers: ['127.0.0.1'], isNamed: false })
  })

  it('of a hundred servers asks three, names the rest, and says from which line on', () => {
    const text = Array.from({ length: 100 }, (_, index) => `nameserver 10.0.0.${index}\n`).join('')
    const conf = parseResolvConf(`# many\n${text}`)
    expect(conf.servers).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2'])
    expect(conf.ignoredServers).toHaveLength(97)
    expect(conf.remarks).toEqual([
      { line: 5, text: 'nameserver 10.0.0.3 and all behind it are not asked: glibc takes 3' },
    ])
  })

  it('says what is wrong, with its line', () => {
    const text = [
      'nameserver dns.example.com',
      'nameserver 010.0.0.1',
      ' nameserver 10.0.0.1',
      'nameserver\t\t10.0.0.2 # and more',
      'nameserver',
      'nameservers 10.0.0.3',
      'options ndots:20 timeout:x\u001b[2J attempts:0 rotate retrans:3',
      'search ',
      '; a comment',
      'domain example.com\r',
      'sortlist 10.0.0.0\r',
    ].join('\n')
    const { servers, remarks, ...conf } = parseResolvConf(text)
    expect(servers).toEqual(['8.0.0.1', '10.0.0.2'])
    expect(conf).toMatchObject({ ndots: 15, timeoutS: 1, attempts: 0, flags: ['rotate'], search: ['example.com\r'] })
    expect(remarks).toEqual([
      { line: 1, text: 'nameserver "dns.example.com" is not an address' },
      { line: 2, text: 'nameserver "010.0.0.1" has octal numbers, and is 8.0.0.1' },
      { line: 3, text: 'nameserver has white space before it: glibc ignores the line' },
      { line: 5, text: 'nameserver has nothing behind it' },
      { line: 6, text: '"nameservers" is no keyword of resolv.conf' },
      { line: 7, text: 'options "ndots:20" is more than 15, and means 15' },
      { line: 7, text: 'options "timeout:x\\u001b[2J" is not a number of 0 or more' },
      { line: 7, text: 'options attempts:0 asks no nameserver at all' },
      { line: 7, text: 'options "retrans:3" is not known to glibc 2.36' },
      { line: 8, text: 'search names no domain' },
      { line: 10, text: 'domain ends in a carriage return, which is part of its last word' },
      { line: 11, text: 'sortlist has a carriage return: glibc 2.36 never comes back from it' },
    ])
  })

  it('keeps zones of addresses, and the last search path', () => {
    const conf = parseResolvConf('nameserver FE80::1%eth0\nsearch a b\ndomain c d\nnameserver fe80::2%3\n')
    expect(conf).toMatchObject({ servers: ['fe80::1%eth0', 'fe80::2%3'], search: ['c'] })
  })

  it('of 1 MiB is read in a moment, whatever is in it', () => {
    const began = performance.now()
    for (const line of [
      'nameserver x\n',
      'search a\n',
      ' ',
      'nameserver 1.2.3.4\n',
      'options ',
      '\0',
      'options ndots:',
    ]) {
      expect(parseResolvConf(line.repeat(1_048_576 / line.length)).remarks.length).toBeLessThanOrEqual(20)
    }
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('is read whatever it is', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom('nameserver ', 'options ', 'search '), fc.string()).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const conf = parseResolvConf(lines.join('\n'))
        expect(conf.servers.length).toBeGreaterThan(0)
        expect(conf.servers.length).toBeLessThanOrEqual(3)
        expect(conf.ndots).toBeLessThanOrEqual(15)
      }),
    )
  })
})
