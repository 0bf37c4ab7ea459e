/** Texts of kernel 6.18, and hostile ones. */
import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4Of, ipv6Of, maskLength } from './address-text.ts'
import { parseIpAddresses, parseIpDefaultRoutes, parseIpNeighbours } from './ip-json.ts'
import { parseAddressesV6, parseArp, parseRoutesV4, parseRoutesV6 } from './proc-net.ts'

const ARP = `IP address       HW type     Flags       HW address            Mask     Device
10.1.0.8         0x1         0x2         02:00:00:00:00:08     *        va
10.1.0.7         0x1         0x6         02:00:00:00:00:07     *        va
10.1.0.55        0x1         0x0         00:00:00:00:00:00     *        va
10.1.0.56        0x1         0x0         00:00:00:0
`
const ROUTE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
va\t00000000\t0100010A\t0003\t0\t0\t100\t00000000\t0\t0\t0
*\t0000090A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0
va\t00000000\t00000000\t0003\t0\t0\t-1\t00000000\t0\t0\t0
vb\t0000020A\t00000000\t0001\t0\t0\t0\t00FF
`
const NONE = '0'.repeat(32)
const ROUTE6 = [
  `${NONE} 00 ${NONE} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003       va`,
  `fe80000000000000049f22fffe9998d1 80 ${NONE} 00 ${NONE} 00000000 00000002 00000000 80200001       pb`,
  `${NONE} 00 ${NONE} 00 ${NONE} ffffffff 00000001 00000000 00200200       lo`,
  `${NONE} 00 ${NONE} 00 fe80`,
].join('\n')
const INET6 = `20010db8000300000000000000000002 05 40 00 a2       vb
fe800000000000002c745afffe7d0919 05 40 20 c0       vb
20010db8000900000000000000000009 12c 40 00 c8       eth0.300
00000000000000000000000000000001 01 80
`

describe('texts of /proc/net', () => {
  it('are neighbours', () => {
    expect(parseArp(ARP)?.map((each) => [each.address, each.state, each.linkAddress])).toEqual([
      ['10.1.0.8', 'known', '02:00:00:00:00:08'],
      ['10.1.0.7', 'permanent', '02:00:00:00:00:07'],
      ['10.1.0.55', 'unanswered', undefined],
    ])
  })

  it('are routes', () => {
    expect(parseRoutesV4(ROUTE)).toEqual([
      {
        family: 'v4',
        destination: '0.0.0.0',
        prefixLength: 0,
        metric: 100,
        hops: [{ gateway: '10.1.0.1', interface: 'va', isDown: false }],
        isRefused: false,
      },
      { family: 'v4', destination: '10.9.0.0', prefixLength: 16, metric: 0, hops: [], isRefused: true },
      {
        family: 'v4',
        destination: '0.0.0.0',
        prefixLength: 0,
        metric: 4_294_967_295,
        hops: [{ gateway: '::', interface: 'va', isDown: false }],
        isRefused: false,
      },
    ])
    expect(parseRoutesV6(ROUTE6)).toEqual([
      {
        family: 'v6',
        destination: '::',
        prefixLength: 0,
        metric: 1024,
        hops: [{ gateway: 'fe80::1', interface: 'va', isDown: false }],
        isRefused: false,
      },
      { family: 'v6', destination: '::', prefixLength: 0, metric: 4_294_967_295, hops: [], isRefused: true },
    ])
    expect(parseRoutesV6('')).toEqual([])
  })

  it('are addresses', () => {
    expect(
      parseAddressesV6(INET6)?.map(({ address, scope, isTentative, isDuplicate, isDeprecated }) => [
        address,
        scope,
        isTentative,
        isDuplicate,
        isDeprecated,
      ]),
    ).toEqual([
      ['2001:db8:3::2', 'global', false, false, true],
      ['fe80::2c74:5aff:fe7d:919', 'link', true, false, false],
      ['2001:db8:9::9', 'global', true, true, false],
    ])
  })

  it('are not taken for what they are not', () => {
    for (const parse of [parseArp, parseRoutesV4, parseRoutesV6, parseAddressesV6]) {
      expect(parse('<html>\n<body>')).toBeUndefined()
    }
    expect([parseArp(''), parseRoutesV4('')]).toEqual([undefined, undefined])
  })
})

describe('numbers of addresses', () => {
  it('are written as people write them', () => {
    expect(['0100010A', 'FFFFFFFF', '0100010', 'x100010A'].map(ipv4Of)).toEqual([
      '10.1.0.1',
      '255.255.255.255',
      undefined,
      undefined,
    ])
    expect(['00000000', '00FFFFFF', 'FFFFFFFF', '0000FEFF', '00FF00FF', ''].map(maskLength)).toEqual([
      0,
      24,
      32,
      15,
      undefined,
      undefined,
    ])
    const hex = [
      '20010db8000000000001000000000001',
      '20010db8000000010001000100010001',
      `${'0'.repeat(31)}1`,
      NONE,
      'f'.repeat(32),
    ]
    expect(hex.map(ipv6Of)).toEqual([
      '2001:db8::1:0:0:1',
      '2001:db8:0:1:1:1:1:1',
      '::1',
      '::',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ])
  })

  it('are addresses, and as the system writes them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.array(fc.nat(7)), (bytes, zeros) => {
        for (const word of zeros) bytes.fill(0, word * 2, word * 2 + 2)
        const text = ipv6Of(Buffer.from(bytes).toString('hex')) ?? ''
        expect(isIPv6(text)).toBe(true)
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
        expect(isIPv4(ipv4Of(Buffer.from(bytes.subarray(0, 4)).toString('hex')) ?? '')).toBe(true)
      }),
    )
  })
})

describe('hostile texts', () => {
  const parsers = [
    parseArp,
    parseRoutesV4,
    parseRoutesV6,
    parseAddressesV6,
    parseIpNeighbours,
    parseIpAddresses,
    (text: string) => parseIpDefaultRoutes(text, 'v6'),
  ]

  it('never make a parser throw, and what it finds is whole', () => {
    const real = fc.constantFrom(...[ARP, ROUTE, ROUTE6, INET6].flatMap((text) => text.split('\n')))
    const word = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[\da-f]{2,32}$/),
      fc.constantFrom('0003', '*', NONE, '0x2', 'va'),
    )
    const line = fc.oneof(
      real,
      fc.array(word).map((words) => words.join(' ')),
      fc.tuple(real, fc.nat(80)).map(([text, length]) => text.slice(0, length)),
    )
    const head = fc.constantFrom('', ARP.slice(0, ARP.indexOf('\n') + 1), ROUTE.slice(0, ROUTE.indexOf('\n') + 1))
    fc.assert(
      fc.property(head, fc.array(line, { maxLength: 12 }), (first, lines) => {
        const text = first + lines.join('\n')
        for (const each of [...(parseArp(text) ?? []), ...(parseAddressesV6(text) ?? [])]) {
          expect(each.interface).toMatch(/^[^\s/]{1,15}$/)
        }
        for (const route of [...(parseRoutesV4(text) ?? []), ...(parseRoutesV6(text) ?? [])]) {
          expect(route.isRefused).toBe(route.hops.length === 0)
          expect(route.metric).toBeGreaterThanOrEqual(0)
          expect(route.prefixLength).toBeLessThanOrEqual(128)
        }
      }),
    )
  })

  it('of JSON are left out entry by entry', () => {
    const entry = fc.record(
      {
        dst: fc.oneof(fc.constant('default'), fc.constant('fe80::1'), fc.jsonValue()),
        dev: fc.oneof(fc.constant('va'), fc.jsonValue()),
        state: fc.jsonValue(),
        gateway: fc.oneof(fc.constant('10.0.0.1'), fc.jsonValue()),
        via: fc.jsonValue(),
        metric: fc.jsonValue(),
        nexthops: fc.jsonValue(),
        flags: fc.jsonValue(),
        addr_info: fc.jsonValue(),
        ifname: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.oneof(entry, fc.jsonValue())), fc.jsonValue(), fc.string()), (value) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value)
        for (const parse of parsers) parse(text)
        for (const { hops } of parseIpDefaultRoutes(text, 'v4') ?? [])
          for (const hop of hops) expect(hop.interface).not.toBe('')
      }),
    )
  })

  it('of 100,000 routes are read in the time that their length takes', () => {
    const each = (text: string) => text.split('\n')[1]!
    const many = (first: string, line: string) => first + `${line}\n`.repeat(100_000)
    const texts = [
      many(ROUTE.slice(0, ROUTE.indexOf('\n') + 1), each(ROUTE)),
      many('', ROUTE6.split('\n')[0]!),
      many('', '\t '.repeat(40)),
      many('', 'x'.repeat(80)),
    ]
    const long = ['1', ' ', '1.1.1.1 ', '0', 'a\t'].map(
      (part) => `${ARP}${part.repeat(200_000)}\n${'0'.repeat(32)}${part.repeat(200_000)}`,
    )
    // Of the processor: the machine may have other work.
    const begun = process.cpuUsage()
    for (const text of [...texts, ...long]) for (const parse of parsers.slice(0, 4)) parse(text)
    const { user, system } = process.cpuUsage(begun)
    expect((user + system) / 1000).toBeLessThan(15_000)
  })
})
