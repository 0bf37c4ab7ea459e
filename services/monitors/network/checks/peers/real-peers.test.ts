/** Five nodes behind a router: what it does to packets is one problem each, and is over when it ends. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { type NearCheck, type Networks, startNetworks, whyNoNetworks } from '../../probing/testing-networks.ts'
import { schema } from './config.ts'

const why = whyNoNetworks('openssl', 'python3', 'tc')
if (why !== '') console.log(`peers in networks of their own: ${why}`)

const BEYOND = `nd-n-peers-${process.pid}-beyond`
const NUMBERS = [2, 3, 4, 5, 6]
const PEERS = NUMBERS.map((number) => `10.79.0.${number}`)
/** Keeps a queue of 37 KiB before a narrow link, and no more: each send waits until there is room in its buffer. */
const FLOOD = `import socket
s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 62000)
while True: s.sendto(b"x"*1200, ("10.79.0.1", 9))`

describe.skipIf(why !== '')('peers', () => {
  let networks: Networks
  let folder: string
  let check: NearCheck
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
  const beyond = (command: string) =>
    execFileSync('ip', ['netns', 'exec', BEYOND, 'sh', '-c', command], { encoding: 'utf8', env, stdio: 'pipe' })
  const started = (requestTimeoutMs: number) => {
    const config = schema.parse({ peers: [...PEERS, '10.78.0.1'], echoPeers: PEERS, requestTimeoutMs })
    return networks.startCheck({ check: 'peers', config })
  }
  const startBeyond = (...command: readonly string[]) => networks.startFar('ip', 'netns', 'exec', BEYOND, ...command)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nd-n-peers-'))
    // As a kubelet's with its authority: more than fits into one packet.
    const names = Array.from({ length: 60 }, (_, at) => `DNS:name-${at}.of.a.node.in.a.cluster.test`).join(',')
    const { cert, key } = createAuthority(folder).issue({ names })
    await Promise.all([writeFile(join(folder, 'cert.pem'), cert), writeFile(join(folder, 'key.pem'), key)])
    networks = await startNetworks('peers')
    execFileSync('ip', ['netns', 'add', BEYOND], { env })
    networks.far(`ip link add port type veth peer name wire netns ${BEYOND}
      ip address add 10.79.0.1/16 dev port; ip link set port up; echo 1 > /proc/sys/net/ipv4/ip_forward`)
    beyond(`ip link set lo up; ip link set wire up; ${PEERS.map((one) => `ip address add ${one}/16 dev wire`).join('; ')}
      ip route add default via 10.79.0.1`)
    networks.near('ip route add 10.79.0.0/16 via 10.78.0.2')
    const program = join(import.meta.dirname, 'testing-peer.ts')
    startBeyond(process.execPath, program, join(folder, 'cert.pem'), join(folder, 'key.pem'))
    beyond("timeout 20 sh -c 'until ss -lnt | grep -q :8023; do sleep 0.02; done'")
    check = await started(600)
  }, 60_000)
  afterAll(async () => {
    await networks?.close()
    spawnSync('ip', ['netns', 'delete', BEYOND], { env })
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  async function opens(faulty: () => unknown, problems: readonly string[], mended: () => unknown): Promise<void> {
    await faulty()
    try {
      expect(await check.settled()).toEqual(problems)
    } finally {
      await mended()
    }
    expect(await check.settled()).toEqual([])
  }

  it('are the five others, and not this node itself', async () => {
    const { findings } = await check.run()
    expect(findings.map(({ type, entity, health, message }) => [`${type} ${entity} ${health}`, message])).toEqual([
      ['PeersUnreachable path:node healthy', '5 of 5 nodes answer'],
      ['PathMTUBroken path:node healthy', 'large answers come from 5 of 5 nodes'],
      ['PeersUnreachable path:pod healthy', '5 of 5 pods answer'],
      ['PathMTUBroken path:pod healthy', 'large answers come from 5 of 5 pods'],
      ['PeersSlow zone:none healthy', expect.any(String)],
    ])
  })

  it('of which one is silent raise nothing, and three do', async () => {
    const drop = (address: string) => networks.far(`iptables -A FORWARD -d ${address} -j DROP`)
    await opens(
      () => drop(PEERS[0]!),
      [],
      () => networks.far('iptables -F FORWARD'),
    )
    const few = ['PeersUnreachable path:node FewAnswer', 'PeersUnreachable path:pod FewAnswer']
    await opens(
      () => PEERS.slice(0, 3).forEach(drop),
      few,
      () => networks.far('iptables -F FORWARD'),
    )
  }, 60_000)

  it('that nobody leads to are cut off', async () => {
    const all = ['PeersUnreachable path:node NobodyAnswers', 'PeersUnreachable path:pod NobodyAnswers']
    const down = () => networks.far('ip link set port down')
    await opens(down, all, () => networks.far('ip link set port up'))
  }, 60_000)

  it('whose large packets are lost, and nobody says so', async () => {
    const narrow = () =>
      networks.far('ip link set wire mtu 1400; iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP')
    const wide = () => networks.far('ip link set wire mtu 1500; iptables -F OUTPUT')
    await opens(narrow, ['PathMTUBroken path:node LargeAnswersHang', 'PathMTUBroken path:pod LargeAnswersHang'], wide)
  }, 60_000)

  it('on a narrow link whose router says so are well', async () => {
    networks.far('ip link set wire mtu 1400')
    expect(await check.settled()).toEqual([])
    networks.far('ip link set wire mtu 1500')
    beyond('ip route flush cache')
  }, 30_000)

  it('behind a queue are slow', async () => {
    let stop: (() => Promise<void>) | undefined
    const slow = () => {
      beyond('tc qdisc add dev wire root tbf rate 1mbit burst 3000 latency 3s')
      stop = startBeyond('python3', '-c', FLOOD)
      beyond(
        'timeout 20 sh -c \'until tc -s qdisc show dev wire | grep -qE "backlog [3-9][0-9]{4}b"; do sleep 0.05; done\'',
      )
    }
    const over = async () => {
      await stop?.()
      beyond('tc qdisc del dev wire root')
    }
    // So slow that it needs more time than what is silent.
    check = await started(1_000)
    await opens(slow, ['PeersSlow zone:none AboveWarningLimit'], over)
  }, 60_000)
})
