import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOT_SUSTAINED } from '#model'
import type { CheckResult, Finding } from '#monitor-kit'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, sampleOf, startFixture } from '#monitor-kit/testing'
import type { PingAnswer, Probed } from '#probe'
import { sharedOver } from '../../testing-shared.ts'
import { gateway } from './check.ts'
import { schema } from './config.ts'
import { evaluateGateways } from './evaluate.ts'
import { FIRST_GATEWAY, factsOf, type GatewayMemory, recallGateway } from './memory.ts'
import { parseNeighbour } from './neighbour.ts'
import type { FamilyReading, GatewayReading } from './source.ts'

const config = schema.parse({})
const over = (name: string) => startFixture(gateway, { folder: fixture(import.meta.url, name), config, sharedOver })
const problems = (findings: readonly Finding[]) =>
  findings
    .filter(({ health }) => health === 'problem')
    .map(({ type, entity, severity, reason }) => `${type} ${entity} ${severity} ${reason}`)

describe('gateways', () => {
  it('are well where they answer, or where the kernel knows them', async () => {
    await using check = await over('well-both')
    const result = await check.run()
    expect(result.findings.map(({ type, entity, message }) => `${type} ${entity}: ${message}`)).toEqual([
      'DefaultRouteMissing route:v4: by 10.0.0.1 at eth0',
      'DefaultRouteMissing route:v6: by fe80::1 at eth0',
      'GatewayUnreachable gateway:10.0.0.1: answers echo requests (3 of 3)',
      'GatewaySlow gateway:10.0.0.1: 0.4 ms there and back, limit 100 ms',
      'GatewayUnreachable gateway:fe80::1%eth0: has confirmed its address to this machine just now',
    ])
    expect(sampleOf(result, 'network_gateway_round_trip_seconds', { gateway: '10.0.0.1' })).toBeCloseTo(0.0004)
  })

  it('are nothing to watch on a machine by itself', async () => {
    await using check = await over('well-air-gapped')
    expect((await check.run()).findings).toEqual([])
  })

  it('are a problem of their own each', async () => {
    const of = async (name: string): Promise<CheckResult> => {
      await using check = await over(name)
      expect(problems((await check.run()).findings)).toEqual([])
      await check.run()
      return await check.run()
    }
    expect(problems((await of('sick-route-gone')).findings)).toEqual([
      'DefaultRouteMissing route:v4 critical NoDefaultRoute',
    ])
    const dead = await of('sick-dead')
    expect(problems(dead.findings)).toEqual(['GatewayUnreachable gateway:10.0.0.1 critical NoAnswer'])
    expect(findingOf(dead, 'GatewayUnreachable', 'gateway:10.0.0.1').message).toBe(
      'nobody on the link answers for 10.0.0.1; see the router, and the link and the switch between',
    )
    expect(problems((await of('sick-slow')).findings)).toEqual([
      'GatewaySlow gateway:10.0.0.1 warning AboveWarningLimit',
    ])
  })

  it('are missed over a restart, and a person’s word counts anew', async () => {
    await using check = await over('sick-route-gone')
    for (let round = 0; round < 3; round++) await check.run()
    check.restart()
    expect(findingOf(await check.run(), 'DefaultRouteMissing', 'route:v4')).toMatchObject({ pending: true })
    check.clear('DefaultRouteMissing', 'route:v4')
    expect(findingOf(await check.run(), 'DefaultRouteMissing', 'route:v4')).toMatchObject({ pending: true })
  })
})

describe('a default route of IPv6 that is gone', () => {
  const route = { family: 'v6', destination: '::', prefixLength: 0, metric: 0, isRefused: false } as const
  const hops = [{ gateway: undefined, interface: 'eth0', isDown: false }]
  const there = (ignoring: readonly string[]) =>
    ({ family: 'v6', routes: observed([{ ...route, hops }]), ignoring }) as const
  const gone = (off: readonly string[], ignoring: readonly string[]) =>
    ({ family: 'v6', routes: observed([]), off, ignoring }) as const
  const pickV6 = ({ overV6, heardV6 }: GatewayMemory) => ({ overV6, heardV6 })
  const look = (families: readonly FamilyReading[]) => {
    let memory = FIRST_GATEWAY
    return families.map((family) => {
      const verdict = evaluateGateways({ families: [family], gateways: [] }, config, memory)
      memory = { ...verdict.memory, ...pickV6(recallGateway(factsOf(verdict.memory))) }
      expect(memory.overV6).toEqual(['eth0'])
      return verdict
    })
  }

  it('is missed with why routers are not heard, and is told by nobody else then', () => {
    const lack = gone([], ['eth0'])
    const { findings, told } = look([there([]), lack, lack])[2]!
    expect(findings[0]).toMatchObject({
      health: 'problem',
      reason: 'AdvertisementsIgnored',
      message:
        'there is no default route of IPv6 any more, and there was one in this boot; net.ipv6.conf.eth0.accept_ra is 1 and forwarding is on, so router advertisements are ignored: where it came by them, set that to 2',
    })
    expect(told).toEqual(['v6'])
  })

  it('is not laid to advertisements that were ignored while it was there', () => {
    const lack = gone([], ['eth0'])
    const [finding] = look([there([]), there(['eth0']), lack, lack])[3]!.findings
    expect(finding).toMatchObject({
      reason: 'NoDefaultRoute',
      message:
        'there is no default route of IPv6 any more, and there was one in this boot; see the link and who sets its addresses (DHCP, router advertisements, NetworkManager, netplan); net.ipv6.conf.eth0.accept_ra is 1 and forwarding is on, so router advertisements are ignored: where it came by them, set that to 2',
    })
  })

  it('is not missed where IPv6 is switched off', () => {
    const lack = gone(['eth0'], [])
    expect(look([there([]), lack, lack, lack]).flatMap(({ findings }) => problems(findings))).toEqual([])
  })
})

const ANSWERING = { isDoubtful: false, silence: undefined, timeoutMs: 10_000 } as const

/** One round in which the gateway says so. */
function round(probed: Probed<PingAnswer>, isUntold = false): GatewayReading {
  const hops = [{ gateway: '10.0.0.1', interface: 'eth0', isDown: false }]
  const route = { family: 'v4', destination: '0.0.0.0', prefixLength: 0, metric: 0, hops, isRefused: false } as const
  const asked = {
    address: '10.0.0.1',
    interface: 'eth0',
    isDown: false,
    hasOtherWay: false,
    isUntold,
    ...ANSWERING,
    probed,
  }
  return { families: [{ family: 'v4', routes: observed([route]) }], gateways: [asked] }
}

function said(rounds: readonly Probed<PingAnswer>[]): readonly Finding[] {
  let memory = FIRST_GATEWAY
  let findings: readonly Finding[] = []
  for (const probed of rounds) ({ memory, findings } = evaluateGateways(round(probed), config, memory))
  return findings
}

const sample = { ms: 10_000, lateMs: 0 }
const silent = (lateMs = 0): Probed<PingAnswer> => ({
  ok: false,
  sample: { ...sample, lateMs },
  failure: { kind: 'timeout', code: '', message: 'no answer from 10.0.0.1 to 3 echo requests' },
})
const echo: Probed<PingAnswer> = {
  ok: true,
  sample,
  answer: {
    ...{ kind: 'echo', sent: 3, received: 3, duplicates: 0, errors: 0 },
    roundTrip: { minMs: 1, avgMs: 1, maxMs: 1, deviationMs: 0 },
  },
}
const unknown: Probed<PingAnswer> = { ok: true, sample, answer: { kind: 'unknown', state: 'STALE' } }
const denied: Probed<PingAnswer> = {
  ok: false,
  sample,
  failure: { kind: 'denied', code: 'EPERM', message: 'not permitted by this machine at 10.0.0.1' },
}
const gone: Probed<PingAnswer> = { ok: false, sample, failure: { kind: 'unreachable', code: '', message: 'nobody' } }

describe('a gateway', () => {
  it('that never answered echo requests is not accused of not answering', () => {
    expect(said([silent(), silent(), unknown, unknown])).toMatchObject([
      {},
      { type: 'GatewayUnreachable', health: 'unknown', reason: 'GatewaySaysNothing' },
    ])
    expect(problems(said([echo, silent(), silent()]))).toEqual([
      'GatewayUnreachable gateway:10.0.0.1 critical NoAnswer',
    ])
    expect(problems(said([echo, unknown, unknown]))).toEqual(['GatewayUnreachable gateway:10.0.0.1 critical NoAnswer'])
  })

  it('that answers no more is in doubt at once, and accused when the kernel knows', () => {
    const doubtful = { ...ANSWERING, isDoubtful: true, silence: { sinceMs: 0, isProved: false } }
    const looks = [
      { ...round(echo).gateways[0]! },
      ...[1, 2, 3].map(() => ({ ...round(silent()).gateways[0]!, ...doubtful })),
    ]
    let memory = FIRST_GATEWAY
    const look = (gateway: (typeof looks)[number]) => {
      const verdict = evaluateGateways({ ...round(echo), gateways: [gateway] }, config, memory)
      ;({ memory } = verdict)
      return verdict
    }
    const verdicts = looks.map(look)
    expect(verdicts.map(({ isDoubtful }) => isDoubtful)).toEqual([false, true, true, true])
    // By that reason it holds back what it explains.
    const held = { health: 'healthy', pending: true, reason: NOT_SUSTAINED }
    for (const { findings } of verdicts.slice(1)) expect(findings[1]).toMatchObject(held)
    expect(problems(look({ ...round(gone).gateways[0]!, silence: doubtful.silence }).findings)).toEqual([
      'GatewayUnreachable gateway:10.0.0.1 critical NoAnswer',
    ])
    expect(problems(look(round(echo).gateways[0]!).findings)).toEqual([])
    expect(memory.silences.size).toBe(0)
  })

  it('that is dead beside one that answers is a warning, which says so', () => {
    const reading = round(echo)
    const [alive] = reading.gateways
    const dead = { ...alive!, address: 'fd00::1', probed: gone }
    const lookedAt = (gateways: typeof reading.gateways) => {
      let memory = FIRST_GATEWAY
      for (let times = 0; times < 3; times++) ({ memory } = evaluateGateways({ ...reading, gateways }, config, memory))
      return evaluateGateways({ ...reading, gateways }, config, memory).findings
    }
    const findings = lookedAt([alive!, dead])
    expect(problems(findings)).toEqual(['GatewayUnreachable gateway:fd00::1 warning NoAnswer'])
    expect(findingOf({ findings }, 'GatewayUnreachable', 'gateway:fd00::1').message).toMatch(/; 10\.0\.0\.1 answers$/)
    expect(problems(lookedAt([{ ...alive!, probed: gone }, dead]))).toEqual([
      'GatewayUnreachable gateway:10.0.0.1 critical NoAnswer',
      'GatewayUnreachable gateway:fd00::1 critical NoAnswer',
    ])
  })

  it('of IPv4 is not lightened by one of IPv6: what the node asks by IPv4 is lost', () => {
    const reading = round(echo)
    const [v4] = reading.gateways
    const v6 = { ...v4!, address: 'fe80::1%eth0' }
    const other = { ...v4!, address: '10.0.0.2' }
    const lookedAt = (gateways: typeof reading.gateways) => {
      let memory = FIRST_GATEWAY
      for (let times = 0; times < 3; times++) ({ memory } = evaluateGateways({ ...reading, gateways }, config, memory))
      return problems(evaluateGateways({ ...reading, gateways }, config, memory).findings)
    }
    const dead = { ...v4!, probed: gone }
    expect(lookedAt([dead, v6])).toEqual(['GatewayUnreachable gateway:10.0.0.1 critical NoAnswer'])
    expect(lookedAt([dead, v6, other])).toEqual(['GatewayUnreachable gateway:10.0.0.1 warning NoAnswer'])
  })

  it('behind a cable that is pulled is not accused while another way of its route is there', () => {
    const reading = round(echo)
    const [other] = reading.gateways
    const down = { ...other!, address: '10.1.0.1', interface: 'eth1', isDown: true, probed: undefined }
    const lookedWith = (hasOtherWay: boolean) => {
      let memory = FIRST_GATEWAY
      const gateways = [other!, { ...down, hasOtherWay }]
      for (let times = 0; times < 3; times++) ({ memory } = evaluateGateways({ ...reading, gateways }, config, memory))
      return evaluateGateways({ ...reading, gateways }, config, memory).findings
    }
    expect(problems(lookedWith(false))).toEqual(['GatewayUnreachable gateway:10.1.0.1 warning NoAnswer'])
    expect(problems(lookedWith(true))).toEqual([])
    expect(findingOf({ findings: lookedWith(true) }, 'GatewayUnreachable', 'gateway:10.1.0.1')).toMatchObject({
      health: 'unknown',
      reason: 'WayIsDown',
      message: 'eth1, over which it is reached, is down or has no carrier; another way of the route is there',
    })
  })

  it('of which nobody can say what the kernel knows of it, is not known, and it is said what to do', () => {
    const { findings } = evaluateGateways(round(silent(), true), config, FIRST_GATEWAY)
    expect(findings[1]).toMatchObject({
      health: 'unknown',
      reason: 'GatewaySaysNothing',
      message:
        'no echo request was answered, or none may be sent, and ip, which would say what the kernel knows of it, is not installed; install it (Debian: iproute2)',
    })
  })

  it('is accused of nothing by a prober that is late, or that may not ask', () => {
    expect(said([echo, silent(3000), silent(3000)]).map(({ pending }) => pending)).toContain(true)
    expect(said([echo, ...Array.from({ length: 3 }, () => silent(3000))])[1]).toMatchObject({ reason: 'ProberLate' })
    expect(said([echo, denied, denied, denied])[1]).toMatchObject({
      health: 'unknown',
      reason: 'CouldNotAsk',
      message: '3 rounds in a row this machine could not ask: not permitted by this machine at 10.0.0.1',
    })
  })

  it('is slow by an average in which our own lateness is small', () => {
    const far = (lateMs: number): Probed<PingAnswer> => ({
      ...{ ok: true, sample: { ms: 1000, lateMs } },
      answer: {
        ...{ kind: 'echo', sent: 3, received: 3, duplicates: 0, errors: 0 },
        roundTrip: { minMs: 180, avgMs: 180, maxMs: 180, deviationMs: 0 },
      },
    })
    expect(problems(said([far(50), far(50)]))).toEqual(['GatewaySlow gateway:10.0.0.1 warning AboveWarningLimit'])
    expect(problems(said([far(70), far(70)]))).toEqual([])
    expect(said([far(70), far(70), far(70)])[2]).toMatchObject({ health: 'unknown', reason: 'ProberLate' })
  })

  it('is never a problem by one round, and well after one that is good, whatever was before', () => {
    const answers = fc.array(fc.constantFrom(echo, unknown, denied, gone, silent(), silent(3000)), { maxLength: 8 })
    fc.assert(
      fc.property(answers, (rounds) => {
        if (rounds.length === 1) expect(problems(said(rounds))).toEqual([])
        expect(said([...rounds, echo]).every(({ health, pending }) => health === 'healthy' && pending !== true)).toBe(
          true,
        )
      }),
    )
  })
})

it('reads the state of a neighbour, and recalls whatever stands in its file', () => {
  const entry = '{"dst":"10.0.0.1","dev":"eth0","lladdr":"02:00:00:00:00:01","used":5,"confirmed":3,"probes":1,'
  const stale = { state: 'STALE', confirmedSeconds: 3 }
  expect(parseNeighbour(`[${entry}"state":["STALE"]}]`)).toEqual(stale)
  expect(parseNeighbour(`[{"dst":"10.0.0.1","confirmed":9,"state":["FAILED"]},${entry}"state":["STALE"]}]`)).toEqual(
    stale,
  )
  expect(parseNeighbour('[{"state":["REACHABLE"]}]')).toEqual({ state: 'REACHABLE', confirmedSeconds: undefined })
  expect(parseNeighbour('[]')).toBeUndefined()
  expect(parseNeighbour('[{"state":["CURIOUS"]}]')).toBeUndefined()
  fc.assert(fc.property(fc.jsonValue(), (facts) => void recallGateway(facts)))
})
