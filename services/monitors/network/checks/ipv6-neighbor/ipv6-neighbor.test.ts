import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { ipv6Neighbor } from './check.ts'
import { schema } from './config.ts'
import {
  evaluateIPv6Neighbor,
  FIRST_NEIGHBOR,
  type LinkAddresses,
  type NeighborMemory,
  recallNeighbor,
} from './evaluate.ts'

async function third(name: string, keys: object = {}) {
  const folder = fixture(import.meta.url, name)
  await using check = await startFixture(ipv6Neighbor, { folder, config: schema.parse(keys) })
  for (let i = 0; i < 2; i++) await check.run()
  return findingOf(await check.run(), 'IPv6AddressMissing')
}

test('an address that was there, that is expected, or that another machine has is named', async () => {
  expect(await third('sick-address-lost')).toMatchObject({
    health: 'problem',
    reason: 'GlobalAddressMissing',
    message:
      'eth0: no address beyond the link, and it was before in this boot; see whether the router still sends advertisements, and who takes them (the kernel, systemd-networkd, NetworkManager)',
    summary: 'eth0: no address beyond the link',
  })
  expect(await third('sick-expected', { expectIPv6Enabled: true })).toMatchObject({
    reason: 'LinkLocalMissing',
    message: 'eth0 has no link-local address, and the configuration expects it',
  })
  expect(await third('sick-duplicate')).toMatchObject({
    reason: 'DuplicateAddress',
    message: '2001:db8:1::2 of eth0 is in use by another machine on that link',
  })
  expect(await third('sick-no-global', { requireGlobalAddress: true })).toMatchObject({
    reason: 'GlobalAddressMissing',
    message:
      'eth0: no address beyond the link, and the configuration expects it; see whether the router still sends advertisements, and who takes them (the kernel, systemd-networkd, NetworkManager)',
  })
})

test('an address that came otherwise is not laid to advertisements that were ignored before too', () => {
  const config = schema.parse({ sustainedChecks: 1 })
  const look = (hasGlobal: boolean, ignoring: readonly string[]) =>
    observed({ links: [{ name: 'eth0', hasLocal: true, hasGlobal, duplicates: [] }], ignoring })
  const lost = (ignoring: readonly string[]) => {
    const { memory } = evaluateIPv6Neighbor(look(true, ignoring), config, FIRST_NEIGHBOR)
    const kept = recallNeighbor({ ...memory })
    return evaluateIPv6Neighbor(look(false, ['eth0']), config, kept).findings[0]?.message
  }
  const why =
    'net.ipv6.conf.eth0.accept_ra is 1 and forwarding is on, so router advertisements are ignored: where it came by them, set that to 2'
  const what = 'eth0: no address beyond the link, and it was before in this boot'
  expect(lost([])).toBe(`${what}; ${why}`)
  expect(lost(['eth0'])).toBe(
    `${what}; see whether the router still sends advertisements, and who takes them (the kernel, systemd-networkd, NetworkManager); ${why}`,
  )
})

const link: fc.Arbitrary<LinkAddresses> = fc.record({
  name: fc.constantFrom('eth0', 'eth1'),
  hasLocal: fc.boolean(),
  hasGlobal: fc.boolean(),
  duplicates: fc.constant([]),
})

test('by default nothing is missed that was not there, and nothing at all while no link carries', () => {
  const CONFIG = schema.parse({})
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(link, { selector: ({ name }) => name }), { maxLength: 6 }), (looks) => {
      let memory: NeighborMemory = FIRST_NEIGHBOR
      for (const links of looks) {
        const before = memory
        const { memory: next, findings } = evaluateIPv6Neighbor(observed({ links, ignoring: [] }), CONFIG, memory)
        memory = next
        const isLost = links.some(
          ({ name, hasLocal, hasGlobal }) =>
            (!hasLocal && before.local.includes(name)) || (!hasGlobal && before.global.includes(name)),
        )
        if (!isLost) expect(findings.some(({ health }) => health === 'problem')).toBe(false)
      }
    }),
  )
  fc.assert(fc.property(fc.anything(), (facts) => void recallNeighbor(facts)))
})
