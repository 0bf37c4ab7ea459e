import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import type { RouteTeller } from '../../default-routes.ts'
import { ipv6Route } from './check.ts'
import { schema } from './config.ts'
import { evaluateIPv6Route, FIRST_ROUTE, type RouteMemory, recallRoute } from './evaluate.ts'

const CONFIG = schema.parse({})

async function lost(name: string) {
  const folder = fixture(import.meta.url, name)
  await using check = await startFixture(ipv6Route, { folder, config: CONFIG })
  const results = [await check.run(), await check.run(), await check.run()]
  return results.map((result) => findingOf(result, 'IPv6DefaultRouteMissing'))
}

test('a default route that was there is missing at the second look', async () => {
  expect(await lost('sick-route-lost')).toMatchObject([
    { health: 'healthy', message: 'goes over eth0' },
    { pending: true, reason: 'NotSustainedYet' },
    {
      health: 'problem',
      reason: 'NoDefaultRoute',
      message:
        'there is no default route of IPv6, and it was before in this boot (over eth0); see whether the router still sends advertisements, who takes them (the kernel, systemd-networkd, NetworkManager), or who took the route',
    },
  ])
})

test('a node that forwards and ignores advertisements is told so', async () => {
  expect((await lost('sick-advertisements-ignored'))[2]).toMatchObject({
    reason: 'AdvertisementsIgnored',
    message:
      'there is no default route of IPv6, and it was before in this boot (over eth0); net.ipv6.conf.eth0.accept_ra is 1 and forwarding is on, so router advertisements are ignored: where it came by them, set that to 2',
  })
})

test('a static route of a node that forwards is not laid to advertisements, which were ignored before too', () => {
  const config = schema.parse({ sustainedChecks: 1 })
  const ways = [['eth0'], []].map((over) => observed({ over, canBe: true, ignoring: ['eth0'] }))
  const { memory } = evaluateIPv6Route(ways[0]!, config, FIRST_ROUTE)
  const [finding] = evaluateIPv6Route(ways[1]!, config, memory).findings
  expect(finding).toMatchObject({ health: 'problem', reason: 'NoDefaultRoute' })
  expect(finding?.message).toContain('or who took the route; net.ipv6.conf.eth0.accept_ra is 1')
})

test('one that the check of gateways tells of is not told twice; one that it knows nothing of is', () => {
  const missing = observed({ over: [], canBe: true, ignoring: [] })
  const config = schema.parse({ expectDefaultRoute: true, sustainedChecks: 1 })
  const told = (teller: RouteTeller) => evaluateIPv6Route(missing, config, FIRST_ROUTE, teller).findings[0]
  expect(told('gateways')).toMatchObject({ health: 'unknown', reason: 'ToldByGateways' })
  // Before its first look nobody knows what it will say.
  expect(told('not-yet')).toMatchObject({ health: 'healthy', pending: true })
  expect(told('nobody')).toMatchObject({ health: 'problem', reason: 'NoDefaultRoute' })
  const there = observed({ over: ['eth0'], canBe: true, ignoring: [] })
  expect(evaluateIPv6Route(there, config, FIRST_ROUTE, 'gateways').findings[0]).toMatchObject({ health: 'healthy' })
})

const reading = fc.option(
  fc.record({
    over: fc.constantFrom<readonly string[]>([], ['eth0']),
    canBe: fc.boolean(),
    ignoring: fc.constantFrom<readonly string[]>([], ['eth0']),
  }),
  { nil: undefined },
)

test('by default no route is missed that was not there, nor one over a link that carries nothing', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 6 }), (readings) => {
      let memory: RouteMemory = FIRST_ROUTE
      let had = false
      for (const one of readings) {
        const verdict = evaluateIPv6Route(observed(one), CONFIG, memory)
        memory = verdict.memory
        had ||= (one?.over.length ?? 0) > 0
        if (!had) expect(verdict.findings).toEqual([])
        if (one?.canBe !== true) expect(verdict.findings.some(({ health }) => health === 'problem')).toBe(false)
      }
    }),
  )
  fc.assert(fc.property(fc.anything(), (facts) => void recallRoute(facts)))
})
