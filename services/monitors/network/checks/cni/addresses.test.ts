import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressIn, networkIn } from './addresses.ts'
import { poolsOfFlannel } from './flannel.ts'
import { poolsIn, takenOf } from './pools.ts'

test('addresses are numbers of their family; one of IPv4 that is written as IPv6 is of IPv4', () => {
  expect(addressIn('10.244.1.2')).toEqual({ bits: 32, value: 0x0a_f4_01_02n })
  expect(addressIn('::')).toEqual({ bits: 128, value: 0n })
  expect(addressIn('2001:db8::1')).toEqual({ bits: 128, value: 0x2001_0db8_0000_0000_0000_0000_0000_0001n })
  expect(addressIn('fd00::1.2.3.4')).toEqual(addressIn('fd00::102:304'))
  expect(addressIn('::ffff:10.0.0.1')).toEqual(addressIn('10.0.0.1'))
  const none = [
    '',
    '10.0.0',
    '10.0.0.01',
    '10.0.0.256',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    ':::',
    '1::2:3:4:5:6:7:8',
  ]
  for (const text of [...none, 'lock', 'last_reserved_ip.0']) expect(addressIn(text)).toBeUndefined()
})

test('what is an address is one by Node too, and of the same family', () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '%') }),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (one) => {
      const mapped = addressIn(one)?.bits === 32 && one.includes(':')
      const family =
        addressIn(one) === undefined || one.includes('%') ? 0 : mapped ? 6 : addressIn(one)!.bits === 32 ? 4 : 6
      expect(family).toBe(one.includes('%') ? 0 : isIP(one))
    }),
  )
})

test('a network is an address and a length', () => {
  expect(networkIn('10.244.1.1/24')).toMatchObject({ first: 0x0a_f4_01_00n, last: 0x0a_f4_01_ffn, prefixLength: 24 })
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '::/129',
    '::ffff:10.0.0.0/24',
    '/24',
    '10.0.0.0/24/1',
  ]) {
    expect(networkIn(text)).toBeUndefined()
  }
})

const sizes = (ipam: object) => {
  const found = poolsIn(ipam as never)
  return found.ok ? found.pools.map(({ name, size }) => `${name} ${size}`) : found.why
}

test('of very many sets of ranges no more are looked at than make 64 ranges', () => {
  const sets = Array.from({ length: 64 }, (_, set) =>
    Array.from({ length: 10 }, (_, range) => ({ subnet: `10.${set}.${range}.0/24` })),
  )
  const found = poolsIn({ type: 'host-local', ranges: sets } as never)
  expect(found.ok && found.pools.map(({ ranges }) => ranges.length)).toEqual([10, 10, 10, 10, 10, 10])
  expect(poolsIn({ ranges: [sets.flat()] } as never)).toMatchObject({ ok: true, pools: [{ ranges: { length: 64 } }] })
})

test('host-local gives all addresses of a range but the gateway; each set of ranges is one for itself', () => {
  expect(sizes({ subnet: '10.1.0.0/24' })).toEqual(['10.1.0.0/24 253'])
  expect(sizes({ subnet: '10.1.0.0/30' })).toEqual(['10.1.0.0/30 1'])
  expect(sizes({ subnet: '10.1.0.0/24', rangeStart: '10.1.0.10', rangeEnd: '10.1.0.19' })).toEqual(['10.1.0.0/24 10'])
  expect(sizes({ subnet: '10.1.0.0/24', gateway: '10.1.0.254' })).toEqual(['10.1.0.0/24 253'])
  expect(sizes({ subnet: '10.1.0.0/24', gateway: '192.0.2.1' })).toEqual(['10.1.0.0/24 254'])
  expect(sizes({ subnet: 'fd00::/64' })).toEqual([`fd00::/64 ${2n ** 64n - 2n}`])
  const dual = [[{ subnet: '10.1.0.0/28' }, { subnet: '10.1.1.0/28' }], [{ subnet: 'fd00::/126' }]]
  expect(sizes({ ranges: dual })).toEqual(['10.1.0.0/28, 10.1.1.0/28 26', 'fd00::/126 2'])
  expect(sizes({})).toEqual([])
  expect(sizes({ subnet: 'usePodCidr' })).toEqual([])
  expect(sizes({ ranges: [[{ subnet: 'usePodCidrIPv6' }]] })).toEqual([])
})

test('ranges that host-local refuses are told as it would', () => {
  expect(sizes({ subnet: '10.1.0.0/31' })).toBe('the subnet 10.1.0.0/31 is too small')
  expect(sizes({ subnet: '10.1.0.1/24' })).toBe('the subnet 10.1.0.1/24 has bits behind its 24')
  expect(sizes({ subnet: '10.1.0.0' })).toBe('its subnet "10.1.0.0" is none')
  expect(sizes({ ranges: [[]] })).toBe('a set of ranges is empty')
  expect(sizes({ ranges: {} })).toBe('its ranges are no list')
  expect(sizes({ ranges: [[{ subnet: 7 }]] })).toBe('its subnet (number) is none')
  expect(sizes({ subnet: '10.1.0.0/24', rangeStart: '10.2.0.1' })).toBe('rangeStart "10.2.0.1" is not in the subnet')
  expect(sizes({ subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.8' })).toBe(
    'rangeEnd lies before rangeStart in 10.1.0.0/24',
  )
  expect(sizes({ ranges: [[{ subnet: '10.1.0.0/24' }, { subnet: 'fd00::/64' }]] })).toBe(
    'a set has ranges of IPv4 and of IPv6',
  )
  expect(sizes({ ranges: [[{ subnet: '10.1.0.0/24' }], [{ subnet: '10.1.0.0/16' }]] })).toBe(
    'ranges of 10.1.0.0/24 and 10.1.0.0/16 overlap',
  )
})

test('no more is ever taken of a range than there is in it, and what lies elsewhere is not of it', () => {
  const subnet = fc.constantFrom('10.1.0.0/28', '10.1.0.16/28', 'fd00::/124')
  const names = fc.uniqueArray(
    fc.oneof(
      fc.nat(64).map((at) => `10.1.0.${at}`),
      fc.nat(64).map((at) => `fd00::${at.toString(16)}`),
    ),
  )
  fc.assert(
    fc.property(subnet, names, (of, all) => {
      const found = poolsIn({ subnet: of })
      const [pool] = found.ok ? found.pools : []
      const addresses = all.map(addressIn).filter((address) => address !== undefined)
      const taken = takenOf(pool!, addresses)
      expect(taken).toBeLessThanOrEqual(Number(pool!.size))
      const { first, last } = networkIn(of)!
      expect(taken).toBeLessThanOrEqual(addresses.filter(({ value }) => value > first && value <= last).length)
    }),
  )
  fc.assert(fc.property(fc.jsonValue(), (ipam) => void poolsIn(ipam as never)))
})

test("flannel's file has the addresses of this node, of IPv6 too", () => {
  const text = 'FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.3.1/24\nFLANNEL_IPV6_SUBNET=2001:cafe:42:3::1/64\n'
  const found = poolsOfFlannel(text)
  expect(found.ok && found.pools.map(({ name }) => name)).toEqual(['10.42.3.0/24', '2001:cafe:42:3::/64'])
  expect(poolsOfFlannel('FLANNEL_MTU=1450\n')).toEqual({ ok: false, why: 'it has no FLANNEL_SUBNET' })
  fc.assert(fc.property(fc.string(), (value) => void poolsOfFlannel(`FLANNEL_SUBNET=${value}\n`)))
})
