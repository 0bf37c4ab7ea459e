/** Real faults in a network of the test's own: each opens the one problem that names it, and its mending closes that. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { tempFolder } from '../../../libs/host/testing.ts'
import { schema as conntrackSchema } from './checks/conntrack/config.ts'
import { schema as gatewaySchema } from './checks/gateway/config.ts'
import { schema as firewallSchema } from './checks/ipv6-firewall/config.ts'
import { schema as neighborSchema } from './checks/ipv6-neighbor/config.ts'
import { schema as routeSchema } from './checks/ipv6-route/config.ts'
import { schema as sysctl6Schema } from './checks/ipv6-sysctl/config.ts'
import { schema as linksSchema } from './checks/links/config.ts'
import { schema as socketsSchema } from './checks/sockets/config.ts'
import { schema as sysctlSchema } from './checks/sysctl/config.ts'
import { network as monitor } from './monitor.ts'
import { createTestNetwork, type TestNetwork, type Watching, whyNoNetwork } from './testing-network.ts'

const why = whyNoNetwork('nft', 'iptables', 'python3', 'setpriv', 'sysctl')
if (why !== '') console.log(`faults of a real network: ${why}`)

const ONE = { interfaces: ['uplink'] }
const CONFIGS = {
  'network-links': linksSchema.parse(ONE),
  'network-conntrack': conntrackSchema.parse({}),
  'network-sockets': socketsSchema.parse({ sustainedRetransmitChecks: 1 }),
  'network-sysctl': sysctlSchema.parse({ expect: { 'net.ipv4.ip_forward': '1', 'net.core.somaxconn': '4096' } }),
  'network-ipv6-sysctl': sysctl6Schema.parse(ONE),
  'network-ipv6-route': routeSchema.parse({}),
  'network-ipv6-neighbor': neighborSchema.parse(ONE),
  'network-ipv6-firewall': firewallSchema.parse({}),
}

describe.skipIf(why !== '')('a fault of a real network', () => {
  let network: TestNetwork
  let watching: Watching

  /** What two looks find after a command. */
  async function problemsAfter(...commands: readonly string[]): Promise<readonly string[]> {
    for (const command of commands) await network.node(command)
    await watching.look()
    return (await watching.look()).problems
  }
  beforeAll(async () => {
    network = await createTestNetwork('links')
    await network.node('sysctl -qw net.ipv4.ip_forward=1')
    watching = network.watch(CONFIGS)
    await watching.look()
  }, 30_000)
  afterAll(() => network?.[Symbol.asyncDispose]())

  test('well: nothing is a problem and nothing unknown', async () => {
    const { findings, events } = await watching.look()
    // Only the first network of a machine has tcp_mem and udp_mem, which are of all of them.
    const others = findings.filter(({ type }) => type !== 'SocketMemoryHigh')
    expect(others.filter(({ health }) => health !== 'healthy')).toEqual([])
    expect(events).toEqual([])
    // Each check that is not silent here has spoken.
    expect(new Set(findings.map(({ type }) => type)).size).toBeGreaterThanOrEqual(9)
  })

  test('a cable that is pulled is a link without carrier, and no lack of IPv6 beside it', async () => {
    await network.router('ip link set port down')
    await expect.poll(() => network.node('cat /sys/class/net/uplink/carrier')).toBe('0\n')
    expect(await problemsAfter()).toEqual(['LinkDown nic:uplink'])
    await network.router('ip link set port up')
    await expect.poll(() => network.node('cat /sys/class/net/uplink/carrier')).toBe('1\n')
    expect((await watching.look()).problems).toEqual([])
  })

  test('a cable that is out and in again between two looks is told as that', async () => {
    for (const state of ['down', 'up', 'down', 'up']) await network.router(`ip link set port ${state}`)
    await expect.poll(() => network.node('cat /sys/class/net/uplink/carrier')).toBe('1\n')
    const { events, problems } = await watching.look()
    expect(problems).toEqual([])
    expect(events).toMatchObject([{ reason: 'LinkFlapped', entity: 'nic:uplink', count: 2 }])
  })

  test('forwarding that is switched off is a wrong sysctl, gone at one look', async () => {
    expect(await problemsAfter('sysctl -qw net.ipv4.ip_forward=0')).toEqual(['SysctlWrong sysctl:net.ipv4.ip_forward'])
    await network.node('sysctl -qw net.ipv4.ip_forward=1')
    expect((await watching.look()).problems).toEqual([])
  })

  test('a default route of IPv6 that is taken away is missing, and nothing else is', async () => {
    const back = 'ip -6 route add default via 2001:db8:1::1 dev uplink'
    // That of another table is for what is sent there by a rule.
    const other = [`${back} table 77`, 'ip -6 route del default table main']
    expect(await problemsAfter(...other)).toEqual(['IPv6DefaultRouteMissing'])
    expect(await problemsAfter(back, 'ip -6 route flush table 77')).toEqual([])
  })

  test('an address of IPv6 that is taken away is missing', async () => {
    const [away, back] = ['del', 'add'].map((word) => `ip addr ${word} 2001:db8:1::2/64 dev uplink nodad`)
    const route = 'ip -6 route replace default via 2001:db8:1::1 dev uplink'
    // The link-local one keeps the way to the router.
    await network.node('ip -6 route replace default via fe80::1 dev uplink')
    expect(await problemsAfter(away!)).toEqual(['IPv6AddressMissing'])
    expect(await problemsAfter(back!, route)).toEqual([])
  })

  test('an address that another machine has is a duplicate', async () => {
    await network.router('ip addr add 2001:db8:1::7/64 dev port nodad')
    await network.node('ip addr add 2001:db8:1::7/64 dev uplink')
    await expect.poll(() => network.node('ip -6 addr show dev uplink'), { timeout: 10_000 }).toContain('dadfailed')
    await watching.look()
    const { problems, findings } = await watching.look()
    expect(problems).toEqual(['IPv6AddressMissing'])
    expect(findings.find(({ type }) => type === 'IPv6AddressMissing')?.message).toBe(
      '2001:db8:1::7 of uplink is in use by another machine on that link',
    )
    expect(await problemsAfter('ip addr del 2001:db8:1::7/64 dev uplink')).toEqual([])
  }, 20_000)

  test('a firewall that lets nothing in blocks IPv6, and one rule of it opens it', async () => {
    const chain = "nft 'add chain inet guard in { type filter hook input priority 0; policy drop; }'"
    expect(await problemsAfter('nft add table inet guard', chain)).toEqual(['IPv6FirewallBlocks'])
    expect(await problemsAfter('nft add rule inet guard in ct state established accept')).toEqual([])
    await network.node('nft delete table inet guard')
    expect(await problemsAfter('ip6tables -P OUTPUT DROP')).toEqual(['IPv6FirewallBlocks'])
    expect(await problemsAfter('ip6tables -P OUTPUT ACCEPT')).toEqual([])
  })

  test('nothing takes a right but the rules of the firewall: who may not see them knows nothing of it', async () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs']
    const { findings } = await network.watch(CONFIGS, { by: nobody }).look()
    const unknown = findings.filter(({ type, health }) => health !== 'healthy' && type !== 'SocketMemoryHigh')
    expect(unknown).toMatchObject([{ type: 'IPv6FirewallBlocks', health: 'unknown', reason: 'RulesRefused' }])
    expect(findings.length).toBeGreaterThan(8)
  })

  test('ports that are all taken to one place are exhausted there, and free again once closed', async () => {
    const script = `
import socket, sys
server = socket.socket(); server.bind(('127.0.0.1', 7000)); server.listen(64)
pairs = []
for _ in range(20):
    client = socket.socket(); client.connect(('127.0.0.1', 7000)); pairs += [client, server.accept()[0]]
print('taken', flush=True)
sys.stdin.readline()
for end in pairs: end.close()
print('closed', flush=True)
sys.stdin.readline()`
    await network.node("sysctl -qw 'net.ipv4.ip_local_port_range=60000 60019'")
    const taker = network.stay('python3', ['-c', script])
    await once(taker.stdout, 'data')
    const { problems, findings } = await watching.look()
    expect(problems).toEqual(['PortsExhausted'])
    expect(findings.find(({ type }) => type === 'PortsExhausted')).toMatchObject({
      severity: 'critical',
      summary: '100 % of the local ports are taken for connections to 127.0.0.1:7000',
    })
    taker.stdin.write('\n')
    await once(taker.stdout, 'data')
    expect(await problemsAfter()).toEqual([])
    await network.node("sysctl -qw 'net.ipv4.ip_local_port_range=32768 60999'")
  })

  test('a program that does not accept has a queue that overflows', async () => {
    const script = `
import socket
server = socket.socket(); server.bind(('127.0.0.1', 7001)); server.listen(0)
clients = [socket.socket() for _ in range(6)]
for client in clients: client.setblocking(False); client.connect_ex(('127.0.0.1', 7001))
print('done', flush=True)
input()`
    await once(network.stay('python3', ['-c', script]).stdout, 'data')
    const { events } = await watching.look()
    expect(events).toMatchObject([{ reason: 'ListenQueueOverflow', severity: 'warning' }])
  })

  test('a way on which a tenth of the packets is lost has many segments that are sent again', async () => {
    await network.router('ip addr add 10.1.0.1/24 dev port')
    await network.router('iptables -A INPUT -p tcp --dport 7002 -m statistic --mode nth --every 10 --packet 5 -j DROP')
    // A packet is a segment, so that one that is lost is one.
    await network.node('ip link set uplink gso_max_segs 1')
    const take = `
import socket
server = socket.socket(); server.bind(('10.1.0.1', 7002)); server.listen(1)
print('ready', flush=True)
end = server.accept()[0]
while end.recv(65536): pass
end.close()`
    await once(network.stay('python3', ['-c', take], 'router').stdout, 'data')
    await watching.look()
    const give = `
import socket
s = socket.create_connection(('10.1.0.1', 7002)); s.sendall(bytes(3_000_000)); s.shutdown(socket.SHUT_WR); s.recv(1)
print('sent', flush=True)`
    await once(network.stay('python3', ['-c', give]).stdout, 'data')
    expect((await watching.look()).problems).toEqual(['RetransmitsHigh'])
    expect((await watching.look()).problems).toEqual([])
  }, 20_000)

  test('IPv6 that is switched off is that alone: neither route nor address is missed beside it', async () => {
    expect(await problemsAfter('sysctl -qw net.ipv6.conf.uplink.disable_ipv6=1')).toEqual(['IPv6Disabled'])
    const mended = [
      'ip addr add 2001:db8:1::2/64 dev uplink nodad',
      'ip -6 route add default via 2001:db8:1::1 dev uplink',
    ]
    expect(await problemsAfter('sysctl -qw net.ipv6.conf.uplink.disable_ipv6=0', ...mended)).toEqual([])
  })

  test('what takes the default route of IPv6 is one problem, whichever checks look for it', async () => {
    const { 'network-ipv6-route': route, 'network-ipv6-sysctl': sysctl, 'network-ipv6-neighbor': neighbor } = CONFIGS
    const all = network.watch({
      ...{ 'network-ipv6-route': route, 'network-ipv6-sysctl': sysctl, 'network-ipv6-neighbor': neighbor },
      'network-gateway-check': gatewaySchema.parse({ addressFamily: 'ipv6', pingCount: 1 }),
    })
    const back = 'ip -6 route add default via 2001:db8:1::1 dev uplink'
    // It has lost its address with its cable.
    await network.router('ip addr replace 2001:db8:1::1/64 dev port nodad')
    async function after(...commands: readonly string[]) {
      for (const command of commands) await network.node(command)
      await all.look()
      return await all.look()
    }
    expect((await after()).problems).toEqual([])
    const gone = await after('ip -6 route del default', 'sysctl -qw net.ipv6.conf.uplink.forwarding=1')
    expect(gone.problems).toEqual(['DefaultRouteMissing route:v6'])
    expect(gone.findings.find(({ type }) => type === 'IPv6DefaultRouteMissing')).toMatchObject({
      health: 'unknown',
      reason: 'ToldByGateways',
    })
    // It says why, as the check of the route would.
    expect(gone.findings.find(({ type }) => type === 'DefaultRouteMissing')).toMatchObject({
      reason: 'AdvertisementsIgnored',
    })
    expect((await after(back, 'sysctl -qw net.ipv6.conf.uplink.forwarding=0')).problems).toEqual([])
    expect((await after('sysctl -qw net.ipv6.conf.uplink.disable_ipv6=1')).problems).toEqual(['IPv6Disabled'])
    const on = ['sysctl -qw net.ipv6.conf.uplink.disable_ipv6=0', 'ip addr add 2001:db8:1::2/64 dev uplink nodad', back]
    expect((await after(...on)).problems).toEqual([])
  }, 30_000)

  test("of a network that is not the node's nothing is said", async () => {
    const { findings, events } = await network.watch(CONFIGS, { asMonitor: true }).look()
    const types = monitor.checks.flatMap(({ type, conditions }) => (type in CONFIGS ? conditions : []))
    expect(findings.map(({ type }) => type).sort()).toEqual(types.map(({ type }) => type).sort())
    expect(new Set(findings.map(({ health, reason }) => `${health} ${reason}`))).toEqual(
      new Set(['unknown NotHostNetwork']),
    )
    expect(events).toEqual([])
  })
})

test("the monitor as a process of its own knows that it is in the node's network", async () => {
  await using folder = await tempFolder()
  const started = await startMonitorProcess({
    main: new URL('main.ts', import.meta.url).pathname,
    monitor: 'network',
    folder: folder.path,
    monitors: [{ name: 'sockets', type: 'network-sockets' }],
  })
  const { conditions } = await started.checkHealth()
  await started.kill()
  expect(conditions.find(({ type }) => type === 'SocketMemoryHigh')).toMatchObject({
    status: 2,
    reason: 'EnoughSocketMemory',
  })
})
