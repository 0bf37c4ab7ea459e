import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { whyNoNameservers } from './testing-nameservers.ts'

/** A network of its own, which goes with its last process: dnsmasq on six addresses, and a firewall before five of them. */
const NETWORK = `set -e
ip link set lo up
dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --user=root --port=53 --address=/a.example/192.0.2.1 \\
  --bind-interfaces --listen-address=127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.6
iptables -A INPUT -d 127.0.0.2 -p udp --dport 53 -j DROP
iptables -A INPUT -d 127.0.0.3 -p tcp --dport 53 -j DROP
iptables -A INPUT -d 127.0.0.4 -p tcp --dport 53 -j REJECT --reject-with tcp-reset
iptables -A INPUT -d 127.0.0.5 -j REJECT --reject-with icmp-host-unreachable
iptables -A OUTPUT -d 127.0.0.6 -p udp --dport 53 -j DROP
ip6tables -A INPUT -p udp --dport 53 -j REJECT --reject-with icmp6-adm-prohibited
ip6tables -A INPUT -p tcp --dport 53 -j REJECT --reject-with icmp6-adm-prohibited
ip route add blackhole 198.51.100.0/24
exec "$0" --input-type=module -e "$1"`

const SCRIPT = `import { systemClock } from '#clock'
import { askNameserver, createStopwatch } from '#probe'
const clock = systemClock()
const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 1500, signal: new AbortController().signal }
const addresses = [1, 2, 3, 4, 5, 6].map((last) => '127.0.0.' + last).concat('192.0.2.1', '2001:db8::1', '::1', '198.51.100.1')
const ways = addresses.flatMap((address) => ['udp', 'tcp'].map((protocol) => [address, protocol]))
const said = await Promise.all(ways.map(async ([address, protocol]) => {
  const probed = await askNameserver(ask, { address, port: 53 }, protocol, { name: 'a.example', type: 'A' })
  return [address + ' ' + protocol, probed.ok ? probed.answer.addresses[0] : probed.failure.kind]
}))
console.log(JSON.stringify(Object.fromEntries(said)))`

function whyNoFirewall(): string {
  if (process.getuid?.() !== 0) return 'skipped: a network of its own needs root'
  const { status } = spawnSync('unshare', ['-n', '-p', '-f', '--kill-child', 'iptables', '-L', '-n'], {
    stdio: 'ignore',
  })
  return status === 0 ? whyNoNameservers() : 'skipped: no namespaces or no iptables'
}

const why = whyNoFirewall()

describe.skipIf(why !== '')(`a nameserver behind a firewall ${why}`, () => {
  it('is known by what comes back', () => {
    const args = ['-n', '-p', '-f', '--kill-child', 'sh', '-c', NETWORK, process.execPath, SCRIPT]
    const said = execFileSync('unshare', args, {
      cwd: new URL('../../..', import.meta.url),
      timeout: 30_000,
      encoding: 'utf8',
    })
    expect(JSON.parse(said)).toEqual({
      '127.0.0.1 udp': '192.0.2.1',
      '127.0.0.1 tcp': '192.0.2.1',
      '127.0.0.2 udp': 'timeout',
      '127.0.0.2 tcp': '192.0.2.1',
      '127.0.0.3 udp': '192.0.2.1',
      '127.0.0.3 tcp': 'timeout',
      '127.0.0.4 udp': '192.0.2.1',
      '127.0.0.4 tcp': 'refused',
      // Of UDP the kernel keeps that to itself (not fatal, icmp(7)); a closed port it tells.
      '127.0.0.5 udp': 'timeout',
      '127.0.0.5 tcp': 'unreachable',
      '127.0.0.6 udp': 'denied',
      '127.0.0.6 tcp': '192.0.2.1',
      '192.0.2.1 udp': 'unreachable',
      '192.0.2.1 tcp': 'unreachable',
      '2001:db8::1 udp': 'unreachable',
      '2001:db8::1 tcp': 'unreachable',
      // On the way, not by this machine. Over TCP it is heard at the second try, a second later.
      '::1 udp': 'unreachable',
      '::1 tcp': 'unreachable',
      '198.51.100.1 udp': 'unreachable',
      '198.51.100.1 tcp': 'unreachable',
    })
  })

  it('is accused of nothing where no port of our own is left, and no socket stays behind', () => {
    const script = `import { createSocket } from 'node:dgram'
      import { systemClock } from '#clock'
      import { askNameserver, createStopwatch, dnsOutcome, probeNtp } from '#probe'
      const clock = systemClock()
      const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 5000, signal: new AbortController().signal }
      const bound = (port) => new Promise((taken) => { const socket = createSocket('udp4').bind(port, () => taken(socket)) })
      const sockets = [await bound(40000), await bound(40001)]
      const asked = await askNameserver(ask, { address: '127.0.0.1', port: 53 }, 'udp', { name: 'a.example', type: 'A' })
      const probed = await probeNtp(ask, { address: '127.0.0.1', port: 123 })
      for (const socket of sockets) await new Promise((closed) => socket.close(closed))
      const left = () => process.getActiveResourcesInfo().filter((one) => one === 'UDPWrap').length
      for (let turns = 0; turns < 100 && left() > 0; turns++) await new Promise((turn) => setImmediate(turn))
      console.log(JSON.stringify([dnsOutcome(asked, 5000), asked.failure, probed.failure, left()]))`
    const few =
      'ip link set lo up; echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range; exec "$0" --input-type=module -e "$1"'
    const said = execFileSync('unshare', ['-n', 'sh', '-c', few, process.execPath, script], {
      cwd: new URL('../../..', import.meta.url),
      timeout: 30_000,
      encoding: 'utf8',
    })
    const failure = (where: string) => ({
      kind: 'local',
      code: 'EADDRINUSE',
      message: `no own port left to ask from at ${where}`,
    })
    expect(JSON.parse(said)).toEqual(['unjudged', failure('127.0.0.1:53 over UDP'), failure('127.0.0.1:123'), 0])
  })
})
