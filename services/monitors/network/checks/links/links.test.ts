import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, sampleOf, startFixture } from '#monitor-kit/testing'
import { links } from './check.ts'
import { schema } from './config.ts'
import { evaluateLinks } from './evaluate.ts'
import { FIRST_LINKS, factsOf, type LinksMemory, recallLinks } from './memory.ts'
import { type Link, type LinkState, parseIsUp, parseSpeed } from './source.ts'

const CONFIG = schema.parse({})

async function over(name: string, keys: object = {}, runs = 4): Promise<readonly CheckResult[]> {
  const folder = fixture(import.meta.url, name)
  await using check = await startFixture(links, { folder, config: schema.parse(keys) })
  const results: CheckResult[] = []
  for (let i = 0; i < runs; i++) results.push(await check.run())
  return results
}

test('flags and speed are what the kernel writes, and nothing else', () => {
  expect(['0x1003\n', '0x1002', '0x0', '1003', '', undefined, 'garbage'].map(parseIsUp)).toEqual([
    true,
    false,
    false,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(['25000\n', '-1', '4294967295', '0', undefined].map(parseSpeed)).toEqual([25_000, ...Array(4).fill(undefined)])
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseIsUp(text)
      const speed = parseSpeed(text)
      expect(speed === undefined || speed > 0).toBe(true)
    }),
  )
})

test('of a server only used ports of hardware and its bond are watched', async () => {
  const [, second] = await over('well-metal')
  expect(second?.findings.map(({ type, entity }) => `${type} ${entity}`).sort()).toEqual([
    'BondDegraded bond:bond0',
    'LinkErrors nic:eno1',
    'LinkErrors nic:eno2',
    'LinkSlow nic:eno1',
    'LinkSlow nic:eno2',
  ])
  expect(second?.metrics?.filter(({ labels }) => labels['interface'] !== 'eno2')).toEqual([
    { name: 'network_link_carrier', labels: { interface: 'eno1' }, value: 1 },
    { name: 'network_link_speed_bits_per_second', labels: { interface: 'eno1' }, value: 25_000_000_000 },
    { name: 'network_link_errors_total', labels: { interface: 'eno1', kind: 'receive' }, value: 3 },
    { name: 'network_link_errors_total', labels: { interface: 'eno1', kind: 'send' }, value: 0 },
    { name: 'network_link_errors_total', labels: { interface: 'eno1', kind: 'missed' }, value: 0 },
    { name: 'network_bond_members_carrying', labels: { bond: 'bond0' }, value: 2 },
  ])
})

test('a link that lost its carrier is a problem at the second look, and says what to do', async () => {
  const [first, second, third] = await over('sick-link-down')
  expect(findingOf(first!, 'LinkDown', 'nic:eno2')).toMatchObject({ health: 'healthy', message: 'has a carrier' })
  expect(findingOf(second!, 'LinkDown', 'nic:eno2')).toMatchObject({
    pending: true,
    message: 'no carrier; see its cable, transceiver and switch port (seen in 1 of 2 checks in a row)',
  })
  expect(findingOf(third!, 'LinkDown', 'nic:eno2')).toEqual({
    type: 'LinkDown',
    entity: 'nic:eno2',
    health: 'problem',
    severity: 'warning',
    reason: 'NoCarrier',
    message: 'no carrier; see its cable, transceiver and switch port',
    summary: 'eno2 has no carrier',
  })
  // Its speed is not known meanwhile, and stays as it was.
  expect(findingOf(third!, 'LinkSlow', 'nic:eno2')).toMatchObject({ pending: true, reason: 'SpeedNotKnown' })
  expect(sampleOf(third!, 'network_link_carrier', { interface: 'eno2' })).toBe(0)
})

test('the last link without a carrier is critical; a named one that is switched off or gone is a problem too', async () => {
  expect(
    findingOf((await over('sick-cable-pulled', { interfaces: ['uplink'] }))[3]!, 'LinkDown', 'nic:uplink'),
  ).toMatchObject({ health: 'problem', severity: 'critical', reason: 'NoCarrier' })
  const off = { ...state('eth1'), isUp: false, hasCarrier: false }
  const config = schema.parse({ interfaces: ['eth1'] })
  const looked = looks([[off], [off], []], config, ['eth1'])
  expect(findingOf(looked[1]!, 'LinkDown', 'nic:eth1')).toMatchObject({
    reason: 'SwitchedOff',
    message: 'switched off (administratively down); set it up',
  })
  expect(findingOf(looked[2]!, 'LinkDown', 'nic:eth1')).toMatchObject({ reason: 'LinkGone', summary: 'eth1 is gone' })
})

test('a named link that never was there is told once, and is no problem', async () => {
  const results = await over('well-vm', { interfaces: ['eth0', 'eth7'] })
  expect(results.map(({ events = [] }) => events.map(({ reason, entity }) => `${reason} ${entity}`))).toEqual([
    ['LinkAbsent nic:eth7'],
    [],
    [],
    [],
  ])
  expect(results.flatMap(({ findings }) => findings).filter(({ entity }) => entity === 'nic:eth7')).toEqual([])
})

test('packets that are bad or missed count against all of them, for two looks', async () => {
  const results = await over('sick-errors')
  expect(results.map((result) => findingOf(result, 'LinkErrors', 'nic:eno1').pending ?? false)).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(findingOf(results[3]!, 'LinkErrors', 'nic:eno1')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'AboveCriticalLimit',
    message: '3,200 of 183,200 packets bad or missed (1.747 %), limit 1 %',
    summary: '1.75 % of the packets of eno1 are bad or missed',
  })
})

test('a link that came back slower is slow at once, and a person’s word makes that its speed', async () => {
  const folder = fixture(import.meta.url, 'sick-slow')
  await using check = await startFixture(links, { folder, config: CONFIG })
  await check.run()
  expect(findingOf(await check.run(), 'LinkSlow', 'nic:eno1')).toMatchObject({
    health: 'problem',
    reason: 'SlowerThanBefore',
    message: 'runs at 1 Gbit/s and ran at 25 Gbit/s before; see its cable, transceiver and switch port',
    summary: 'eno1 runs at 1 Gbit/s in place of 25 Gbit/s',
  })
  // The next process knows what it was.
  check.restart()
  expect(findingOf(await check.run(), 'LinkSlow', 'nic:eno1').health).toBe('problem')
  check.clear('LinkSlow', 'nic:eno1')
  expect(findingOf(await check.run(), 'LinkSlow', 'nic:eno1').health).toBe('healthy')
})

test('a bond that lost a member is degraded, and its member is not told beside it', async () => {
  const last = (await over('sick-bond'))[3]!
  expect(last.findings.filter(({ health }) => health === 'problem')).toMatchObject([
    {
      type: 'BondDegraded',
      entity: 'bond:bond0',
      severity: 'warning',
      reason: 'MemberDown',
      message: '1 of 2 members carry: eno2 has no link; see cables, transceivers and switch ports',
      summary: 'bond0 runs on 1 of 2 members',
    },
  ])
  expect(findingOf((await over('sick-lacp'))[3]!, 'BondDegraded', 'bond:bond0').message).toBe(
    '1 of 2 members carry: eno2 has no LACP partner in common; see cables, transceivers and switch ports',
  )
})

test('a carrier that went and came between two looks is an event, also of two processes of one boot', async () => {
  const folder = fixture(import.meta.url, 'sick-flap')
  await using check = await startFixture(links, { folder, config: CONFIG })
  await check.run()
  check.restart()
  const { events, findings } = await check.run()
  expect(events).toEqual([
    {
      reason: 'LinkFlapped',
      severity: 'warning',
      entity: 'nic:eno1',
      message: 'eno1 lost its carrier 3 times and had it again soon; see its cable, transceiver and switch port',
      count: 3,
    },
  ])
  expect(findings.filter(({ health }) => health === 'problem')).toEqual([])
})

function state(name: string): LinkState {
  const counters = { receivedPackets: 1000, sentPackets: 1000, receiveErrors: 0, sendErrors: 0, missed: 0 }
  return { name, isUp: true, hasCarrier: true, ups: 1, downs: 0, megabits: 1000, isMember: false, counters }
}

function looks(all: readonly (readonly LinkState[])[], config = CONFIG, named: readonly string[] = []) {
  let memory: LinksMemory = FIRST_LINKS
  return all.map((states, at) => {
    const found = states.map((one): Link => ({ kind: 'link', name: one.name, state: observed(one) }))
    const absent = named.filter((name) => !states.some((one) => one.name === name))
    const verdict = evaluateLinks(observed({ links: found, absent }), config, memory, at * 30_000)
    memory = verdict.memory
    return verdict
  })
}

test('bonding that lost a card altogether is degraded; the word of a person makes it a bond of what is left', () => {
  const bond = (...names: string[]): Link => {
    const members = names.map((name) => ({ name, fault: '' }))
    return { kind: 'bond', name: 'bond0', state: observed({ name: 'bond0', isUp: true, hasCarrier: true, members }) }
  }
  let memory: LinksMemory = FIRST_LINKS
  const look = (link: Link) => {
    const verdict = evaluateLinks(observed({ links: [link], absent: [] }), CONFIG, memory, 0)
    memory = recallLinks(JSON.parse(JSON.stringify(factsOf(verdict.memory))))
    memory = { ...memory, bonds: verdict.memory.bonds }
    return verdict.findings[0]!
  }
  expect(look(bond('eth0', 'eth1')).health).toBe('healthy')
  look(bond('eth0'))
  expect(look(bond('eth0'))).toMatchObject({
    health: 'problem',
    message: '1 of 2 members carry: eth1 is gone; see cables, transceivers and switch ports',
  })
})

test('a bond that loses its last member too says at once that it may be worse, so that what that explains waits', () => {
  const bond = (...faults: string[]): Link => {
    const members = faults.map((fault, index) => ({ name: `eth${index}`, fault }))
    const hasCarrier = faults.includes('')
    return { kind: 'bond', name: 'bond0', state: observed({ name: 'bond0', isUp: true, hasCarrier, members }) }
  }
  let memory = FIRST_LINKS
  const look = (link: Link) => {
    const verdict = evaluateLinks(observed({ links: [link], absent: [] }), CONFIG, memory, 0)
    memory = verdict.memory
    const { health, pending, reason, severity } = verdict.findings[0]!
    return [health, pending, reason, severity]
  }
  look(bond('has no carrier', ''))
  expect(look(bond('has no carrier', ''))).toEqual(['problem', undefined, 'MemberDown', 'warning'])
  const all = bond('has no carrier', 'has no carrier')
  expect(look(all)).toEqual(['healthy', true, 'NotSustainedYet', undefined])
  expect(look(all)).toEqual(['problem', undefined, 'NoMemberCarries', 'critical'])
  expect(look(bond('', 'has no carrier'))).toEqual(['problem', undefined, 'MemberDown', 'warning'])
})

test('a bond that is named and is gone is a problem, and one that never was there is none', () => {
  const members = [{ name: 'eth0', fault: '' }]
  const there: Link = {
    kind: 'bond',
    name: 'bond0',
    state: observed({ name: 'bond0', isUp: true, hasCarrier: true, members }),
  }
  const config = schema.parse({ interfaces: ['bond0', 'bond7'] })
  let memory: LinksMemory = FIRST_LINKS
  const look = (links: readonly Link[], absent: readonly string[]) => {
    const verdict = evaluateLinks(observed({ links, absent }), config, memory, 0)
    memory = recallLinks(JSON.parse(JSON.stringify(factsOf(verdict.memory))))
    memory = { ...memory, bonds: verdict.memory.bonds, absent: verdict.memory.absent }
    return verdict
  }
  expect(look([there], ['bond7']).events.map(({ entity }) => entity)).toEqual(['nic:bond7'])
  expect(look([], ['bond0', 'bond7'])).toMatchObject({
    findings: [{ type: 'BondDegraded', pending: true }],
    events: [],
  })
  expect(look([], ['bond0', 'bond7']).findings).toMatchObject([
    {
      ...{ type: 'BondDegraded', entity: 'bond:bond0', health: 'problem', severity: 'critical', reason: 'BondGone' },
      message:
        'there is no such bond any more; see who sets up the network (netplan, NetworkManager, ifupdown), and the kernel log',
      summary: 'bond0 is gone',
    },
  ])
  expect(look([there], ['bond7']).findings).toMatchObject([{ type: 'BondDegraded', health: 'healthy' }])
})

test('counters that cannot be read are unknown: errors that there were are not over by that', () => {
  const [, blind] = looks([[state('eth0')], [{ ...state('eth0'), counters: undefined }]])
  expect(findingOf(blind!, 'LinkErrors', 'nic:eth0')).toMatchObject({
    health: 'unknown',
    reason: 'SourceMissing',
    message: 'cannot read the counters of eth0 (/sys/class/net/eth0/statistics)',
  })
})

test('a bond that is switched off is a problem where it is named, and nothing otherwise', () => {
  const members = [{ name: 'eth0', fault: 'has no link' }]
  const off: Link = {
    kind: 'bond',
    name: 'bond0',
    state: observed({ name: 'bond0', isUp: false, hasCarrier: false, members }),
  }
  const look = (keys: object) => {
    const config = schema.parse({ sustainedChecks: 1, ...keys })
    return evaluateLinks(observed({ links: [off], absent: [] }), config, FIRST_LINKS, 0).findings
  }
  expect(look({})).toEqual([])
  expect(look({ interfaces: ['bond0'] })).toMatchObject([
    {
      severity: 'critical',
      reason: 'NoMemberCarries',
      message:
        '0 of 1 member carry: it is switched off (administratively down); see cables, transceivers and switch ports',
    },
  ])
})

test('a member of a bond that is named tells of itself, unless its bond is watched and tells of it', () => {
  const down: LinkState = { ...state('eth1'), hasCarrier: false, isMember: true }
  const member: Link = { kind: 'link', name: 'eth1', state: observed(down) }
  const members = [
    { name: 'eth1', fault: 'has no link' },
    { name: 'eth2', fault: '' },
  ]
  const bond: Link = {
    kind: 'bond',
    name: 'bond0',
    state: observed({ name: 'bond0', isUp: true, hasCarrier: true, members }),
  }
  const problemsOf = (interfaces: readonly string[], ...found: readonly Link[]) => {
    const config = schema.parse({ sustainedChecks: 1, interfaces })
    const { findings } = evaluateLinks(observed({ links: found, absent: [] }), config, FIRST_LINKS, 0)
    return findings.filter(({ health }) => health === 'problem').map(({ type, entity }) => `${type} ${entity}`)
  }
  expect(problemsOf(['eth1'], member)).toEqual(['LinkDown nic:eth1'])
  expect(problemsOf(['eth1', 'bond0'], member, bond)).toEqual(['BondDegraded bond:bond0'])
  expect(problemsOf([], member, bond)).toEqual(['BondDegraded bond:bond0'])
})

test('a link is not taken for the last one while another cannot be read', () => {
  const down = { ...state('eth0'), hasCarrier: false }
  const links: readonly Link[] = [
    { kind: 'link', name: 'eth0', state: observed(down) },
    { kind: 'link', name: 'eth1', state: unobserved('SourceMalformed', 'cannot understand it') },
  ]
  const { findings } = evaluateLinks(
    observed({ links, absent: [] }),
    schema.parse({ sustainedChecks: 1 }),
    FIRST_LINKS,
    0,
  )
  expect(findingOf({ findings }, 'LinkDown', 'nic:eth0')).toMatchObject({ health: 'problem', severity: 'warning' })
})

test('a link that lost its carrier while nobody looked, and has none, did not have it again', () => {
  const [up] = looks([[state('eth0')]])
  const memory = recallLinks(JSON.parse(JSON.stringify(factsOf(up!.memory))))
  const look = (now: Partial<LinkState>) => {
    const link: Link = { kind: 'link', name: 'eth0', state: observed({ ...state('eth0'), ...now }) }
    return evaluateLinks(observed({ links: [link], absent: [] }), CONFIG, memory, 60_000).events.map(
      ({ count }) => count,
    )
  }
  expect(look({ hasCarrier: false, downs: 1 })).toEqual([])
  expect(look({ hasCarrier: false, downs: 3 })).toEqual([2])
  expect(look({ hasCarrier: true, downs: 1 })).toEqual([1])
})

const counter = fc.nat(100_000)
const anyState: fc.Arbitrary<LinkState> = fc
  .record({
    isUp: fc.boolean(),
    carrier: fc.boolean(),
    ups: fc.option(fc.nat(5), { nil: undefined }),
    downs: fc.option(fc.nat(5), { nil: undefined }),
    megabits: fc.option(fc.constantFrom(100, 1000, 25_000), { nil: undefined }),
    isMember: fc.boolean(),
    counters: fc.option(
      fc.record({
        receivedPackets: counter,
        sentPackets: counter,
        receiveErrors: counter,
        sendErrors: counter,
        missed: counter,
      }),
      { nil: undefined },
    ),
  })
  .map(({ carrier, ...rest }) => ({ ...rest, name: 'eth0', hasCarrier: rest.isUp && carrier }))

test('whatever is seen: no problem at the first look, none of a port that was never used, and a carrier ends LinkDown', () => {
  fc.assert(
    fc.property(fc.array(anyState, { minLength: 1, maxLength: 8 }), (states) => {
      const verdicts = looks(states.map((one) => [one]))
      expect(verdicts[0]!.findings.filter(({ health }) => health === 'problem')).toEqual([])
      const wasUsed = states.map((_, at) =>
        states
          .slice(0, at + 1)
          .some((one) => one.hasCarrier || (one.ups ?? 0) > 0 || (one.counters?.receivedPackets ?? 0) > 0),
      )
      for (const [at, { findings }] of verdicts.entries()) {
        if (wasUsed[at] !== true) expect(findings).toEqual([])
        const down = findings.find(({ type }) => type === 'LinkDown')
        if (states[at]!.hasCarrier && down !== undefined) expect(down.health).toBe('healthy')
        if (down?.health === 'problem') expect(states[at]!.hasCarrier || states[at - 1]!.hasCarrier).toBe(false)
      }
    }),
  )
})

test('whatever stands in the file of facts, a process begins with it', () => {
  fc.assert(
    fc.property(fc.anything(), (facts) => {
      const memory = recallLinks(facts)
      expect(evaluateLinks(observed({ links: [], absent: [] }), CONFIG, memory, 0).findings).toEqual([])
    }),
  )
})
