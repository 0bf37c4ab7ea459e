import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { ipv6Firewall } from './check.ts'
import { schema } from './config.ts'
import { evaluateFirewall, FIRST_FIREWALL, type FirewallMemory, recallFirewall } from './evaluate.ts'
import { type DropChain, type Hook, parseIp6tables, parseNft } from './rules.ts'

async function second(name: string, keys: object = {}) {
  const folder = fixture(import.meta.url, name)
  await using check = await startFixture(ipv6Firewall, { folder, config: schema.parse(keys) })
  await check.run()
  return await check.run()
}

const chain = (family: string, hook: string, policy: string) => ({
  chain: { family, table: 'filter', name: 'c', handle: 1, type: 'filter', hook, prio: 0, policy },
})
const rule = (family: string, expr: unknown) => ({ rule: { family, table: 'filter', chain: 'c', handle: 2, expr } })
const nft = (...items: readonly unknown[]) => parseNft([JSON.stringify({ nftables: items })])

test('of nft, chains for IPv6 that drop by policy are found, and whether a rule may let pass', () => {
  const closed = { hook: 'input', name: 'ip6 filter c', mayPass: false }
  expect(nft({ metainfo: {} }, chain('ip6', 'input', 'drop'))).toEqual([closed])
  expect(nft(chain('ip', 'input', 'drop'), chain('ip6', 'input', 'accept'), chain('ip6', 'ingress', 'drop'))).toEqual(
    [],
  )
  const letsPass = [
    [{ accept: null }],
    [{ match: {} }, { jump: { target: 'x' } }],
    [{ vmap: { key: {}, data: { set: [['lo', { accept: null }]] } } }],
    // A map that has a name, in which nobody looked.
    [{ vmap: { key: {}, data: '@ports' } }],
  ]
  for (const expr of letsPass) {
    expect(nft(chain('ip6', 'input', 'drop'), rule('ip6', expr))).toEqual([{ ...closed, mayPass: true }])
  }
  // A rule that drops, and one of another chain of that name.
  expect(nft(chain('ip6', 'input', 'drop'), rule('ip6', [{ drop: null }]), rule('inet', [{ accept: null }]))).toEqual([
    closed,
  ])
  for (const near of ['', '{}', '{"nftables": 7}', '[]', '{"nftables": [']) expect(parseNft([near])).toBeUndefined()
})

test('of ip6tables-save likewise', () => {
  const save = (...rules: string[]) =>
    ['# by', '*filter', ':INPUT DROP [0:0]', ':X - [0:0]', ...rules, 'COMMIT', ''].join('\n')
  const closed = { hook: 'input', name: 'ip6tables filter INPUT', mayPass: false }
  expect(parseIp6tables(save())).toEqual([closed])
  expect(
    parseIp6tables(save('-A INPUT -j LOG', '-A X -j ACCEPT', '-A INPUT -p tcp -j REJECT --reject-with x')),
  ).toEqual([closed])
  for (const passing of [
    '-A INPUT -j ACCEPT',
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -g X',
    '-A INPUT -m x -j KUBE-FIREWALL',
  ]) {
    expect(parseIp6tables(save(passing))).toEqual([{ ...closed, mayPass: true }])
  }
  expect(parseIp6tables('')).toEqual([])
  expect(parseIp6tables('something else')).toBeUndefined()
})

test('no text makes a parser throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      parseIp6tables(text)
      parseNft([text])
      parseNft([json])
      parseNft([`{"nftables": [${json}]}`])
      parseNft([`{"nftables": [{"chain": ${json}, "rule": ${json}}]}`])
    }),
  )
  fc.assert(fc.property(fc.anything(), (facts) => void recallFirewall(facts)))
})

test('a firewall that was open and lets nothing in any more is named by its chain', async () => {
  expect(findingOf(await second('sick-closed'), 'IPv6FirewallBlocks')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'PolicyDrops',
    message:
      'nothing of IPv6 passes to this node: inet filter input drops by its policy and accepts nothing, and it was before in this boot; add rules that accept, or see what wrote these',
    summary: 'the firewall drops all of IPv6 to this node',
  })
})

test('rules that may not be seen, and programs that are not there', async () => {
  expect(findingOf(await second('hostile-refused'), 'IPv6FirewallBlocks')).toMatchObject({
    health: 'unknown',
    reason: 'RulesRefused',
    message: 'nft -j list chains ip6 ended with 1; it takes the capability NET_ADMIN',
  })
  expect(findingOf(await second('hostile-no-tool', { expectIPv6Enabled: true }), 'IPv6FirewallBlocks')).toMatchObject({
    health: 'unknown',
    reason: 'NoFirewallTool',
  })
  expect((await second('well-dual-stack')).findings).toEqual([])
})

const chains: fc.Arbitrary<DropChain[]> = fc.array(
  fc.record({
    hook: fc.constantFrom<Hook>('input', 'output', 'forward'),
    name: fc.constant('ip6 filter c'),
    mayPass: fc.boolean(),
  }),
  { maxLength: 4 },
)

test('by default nothing is missed that was not let pass while IPv6 was in use', () => {
  const CONFIG = schema.parse({})
  const looks = fc.array(fc.record({ inUse: fc.boolean(), forwards: fc.boolean(), chains }), { maxLength: 6 })
  fc.assert(
    fc.property(looks, (all) => {
      let memory: FirewallMemory = FIRST_FIREWALL
      for (const look of all) {
        const before = memory.open
        const reading = observed({ ...look, chains: observed(look.chains) })
        const verdict = evaluateFirewall(reading, CONFIG, memory)
        memory = recallFirewall(JSON.parse(JSON.stringify(verdict.memory)))
        const isLost = look.chains.some(({ hook, mayPass }) => !mayPass && before.includes(hook))
        if (!isLost) expect(verdict.findings.some(({ health }) => health === 'problem')).toBe(false)
        if (!look.forwards) expect(verdict.findings.some(({ summary = '' }) => summary.includes('through'))).toBe(false)
      }
    }),
  )
})
