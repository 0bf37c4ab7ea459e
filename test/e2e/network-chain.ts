/** A node in a network of its own, with a gateway behind which its nameserver and an endpoint stand: the gateway can be cut off. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './constellation.ts'

export const GATEWAY = '10.78.0.1'
export const NAMESERVER = '10.79.0.53'
/** Where the endpoints listen, by address and by a name that the nameserver knows. */
export const ENDPOINT = { address: '10.79.0.80', name: 'shop.corp.example', port: 8000 }
const PROGRAMS = ['ip', 'iptables', 'dnsmasq', 'ping'] as const

/** Why there is none here; "" where there can be one. @param programs that the test needs beside */
export function whyNoChain(...programs: readonly string[]): string {
  if (process.getuid?.() !== 0) return 'skipped: needs root, to make networks of its own'
  const missing = [...PROGRAMS, ...programs].filter((name) => spawnSync('which', [name]).status !== 0)
  return missing.length === 0 ? '' : `skipped: ${missing.join(', ')} not found; make setup-test brings them`
}

export interface Chain {
  /** Put before a program it runs in the node's network, and finds that this is the network of the first process. */
  readonly onNode: readonly string[]
  /** Starts a program behind the gateway that stays, until this is closed. */
  startBehind(file: string, ...words: readonly string[]): void
  /** The node's nameserver is in it. */
  readonly resolvConf: string
  /** The gateway is no longer heard of, and nothing behind it; its end of the cable still carries. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** Neighbours are confirmed and given up quickly. */
const QUICK = [
  'echo 100 > /proc/sys/net/ipv4/neigh/wire/retrans_time_ms',
  'echo 300 > /proc/sys/net/ipv4/neigh/wire/base_reachable_time_ms',
  'echo 0 > /proc/sys/net/ipv4/neigh/wire/delay_first_probe_time',
].join('\n')

function lay([node, router]: readonly [string, string], within: (space: string, command: string) => void): void {
  for (const space of [node, router]) execFileSync('ip', ['netns', 'add', space])
  const wire = ['link', 'add', 'wire', 'netns', node, 'type', 'veth', 'peer', 'name', 'wire', 'netns', router]
  execFileSync('ip', wire)
  for (const space of [node, router])
    within(space, 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up')
  within(router, `ip address add ${GATEWAY}/24 dev wire`)
  for (const address of [NAMESERVER, ENDPOINT.address]) within(router, `ip address add ${address}/32 dev lo`)
  within(node, `${QUICK}\nip address add 10.78.0.2/24 dev wire`)
  for (const space of [node, router]) within(space, 'ip link set wire up')
  within(node, `ip route add default via ${GATEWAY}`)
}

/** @param name part of the names of the namespaces */
export async function layChain(name: string): Promise<Chain> {
  const spaces = [`nd-${name}-${process.pid}`, `nd-${name}-${process.pid}-r`] as const
  const [node, router] = spaces
  const dir = await mkdtemp(join(tmpdir(), 'nd-chain-'))
  const children: ChildProcess[] = []
  const within = (space: string, command: string) =>
    execFileSync('ip', ['netns', 'exec', space, 'sh', '-ec', command], { encoding: 'utf8', stdio: 'pipe' })

  function startBehind(file: string, ...words: readonly string[]): void {
    children.push(spawn('ip', ['netns', 'exec', router, file, ...words], { stdio: 'ignore' }))
  }
  async function close(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    for (const space of spaces) spawnSync('ip', ['netns', 'delete', space])
    await rm(dir, { recursive: true, force: true })
  }
  try {
    lay(spaces, within)
    const { address, port } = ENDPOINT
    startBehind(
      process.execPath,
      '-e',
      `require('http').createServer((_, response) => response.end()).listen(${port}, '${address}')`,
    )
    const own = [
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--pid-file=',
      '--user=root',
      '--keep-in-foreground',
    ]
    const names = [`--address=/${ENDPOINT.name}/${address}`, '--address=/localhost/127.0.0.1', '--local=/corp.example/']
    startBehind('dnsmasq', ...own, '--bind-interfaces', `--listen-address=${NAMESERVER}`, ...names)
    const resolvConf = join(dir, 'resolv.conf')
    await writeFile(resolvConf, `nameserver ${NAMESERVER}\n`)
    await until('nameserver and endpoint listen', () => {
      const listening = within(router, 'ss -Hlnut')
      return listening.includes(`${NAMESERVER}:53`) && listening.includes(`${address}:${port}`)
    })
    // On a node process 1 is in its network; that of this machine is not in ours.
    const asFirst = ['sh', '-c', 'mount --bind /proc/$$ /proc/1 && exec "$@"', 'sh']
    return {
      onNode: ['ip', 'netns', 'exec', node, ...asFirst],
      startBehind,
      resolvConf,
      cut: () => void within(router, 'ip link set wire arp off; iptables -t raw -A PREROUTING -i wire -j DROP'),
      mend: () => void within(router, 'iptables -t raw -F PREROUTING; ip link set wire arp on'),
      close,
    }
  } catch (err) {
    await close()
    throw err
  }
}
