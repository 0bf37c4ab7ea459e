/** A real gateway at the other end of a wire: each fault opens one problem, and its end closes it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOT_SUSTAINED } from '#model'
import { type NearCheck, type Networks, startNetworks, whyNoNetworks } from '../../probing/testing-networks.ts'
import { schema } from './config.ts'

const why = whyNoNetworks('ping', 'tc')
if (why !== '') console.log(`a gateway in a network of its own: ${why}`)

const CONFIG = { addressFamily: 'ipv4', pingTimeoutMs: 300 } as const

describe.skipIf(why !== '')('a gateway', () => {
  let networks: Networks
  let check: NearCheck
  const addRoute = () => networks.near('ip route add default via 10.78.0.2')

  beforeAll(async () => {
    networks = await startNetworks('gw')
    addRoute()
    check = await networks.startCheck({ check: 'gateway', config: schema.parse(CONFIG) })
  }, 30_000)
  afterAll(() => networks?.close())

  async function opensOne(faulty: string, problem: string, mended: string): Promise<void> {
    networks.far(faulty)
    try {
      expect(await check.settled()).toEqual([problem])
    } finally {
      networks.far(mended)
    }
    expect(await check.settled()).toEqual([])
  }

  it('with all as it should be nothing is said', async () => {
    expect(await check.settled()).toEqual([])
  })

  it('falls silent while the kernel holds its address for confirmed: that is seen at once, and no proof that it lives', async () => {
    const holds = (ms: number) => networks.near(`echo ${ms} > /proc/sys/net/ipv4/neigh/wire/base_reachable_time_ms`)
    const own = await networks.startCheck({ check: 'gateway', config: schema.parse({ ...CONFIG, pingCount: 2 }) })
    holds(60_000)
    await own.run()
    networks.far('ip link set wire arp off; iptables -A INPUT -i wire -j DROP')
    const { findings } = await own.run()
    networks.far('iptables -F INPUT; ip link set wire arp on')
    holds(300)
    // What was confirmed meanwhile would be held for so long.
    networks.near('ip neighbour flush dev wire')
    expect(findings.find(({ type }) => type === 'GatewayUnreachable')).toMatchObject({
      health: 'healthy',
      pending: true,
      reason: NOT_SUSTAINED,
    })
  }, 60_000)

  it('is gone from the link', async () => {
    const gone = 'ip address del 10.78.0.2/16 dev wire'
    await opensOne(gone, 'GatewayUnreachable gateway:10.78.0.2 NoAnswer', 'ip address add 10.78.0.2/16 dev wire')
  }, 60_000)

  it('has its cable pulled', async () => {
    const pulled = 'ip link set wire down'
    await opensOne(pulled, 'GatewayUnreachable gateway:10.78.0.2 NoAnswer', 'ip link set wire up')
  }, 60_000)

  it('closes itself to echo requests and lives on: nothing is said', async () => {
    networks.far('echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all')
    const problems = await check.settled()
    networks.far('echo 0 > /proc/sys/net/ipv4/icmp_echo_ignore_all')
    expect(problems).toEqual([])
  }, 60_000)

  it('is far away behind a link that carries an answer in 300 ms, and is asked each 200 ms', async () => {
    const config = schema.parse({ addressFamily: 'ipv4', pingTimeoutMs: 2_000, pingCount: 6 })
    const own = await networks.startCheck({ check: 'gateway', config })
    networks.far('tc qdisc add dev wire root tbf rate 3kbit burst 130 latency 3s')
    const problems = await own.settled()
    networks.far('tc qdisc del dev wire root')
    expect([problems, await own.settled()]).toEqual([['GatewaySlow gateway:10.78.0.2 AboveWarningLimit'], []])
  }, 60_000)

  it('has no way to it any more', async () => {
    networks.near('ip route del default')
    const problems = await check.settled()
    addRoute()
    expect([problems, await check.settled()]).toEqual([['DefaultRouteMissing route:v4 NoDefaultRoute'], []])
  })

  it('of a machine that never had a way anywhere is not missed', async () => {
    networks.near('ip route del default')
    const own = await networks.startCheck({ check: 'gateway', config: schema.parse({}) })
    const { findings } = await own.run()
    addRoute()
    expect(findings).toEqual([])
  })
})
