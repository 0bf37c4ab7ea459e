/** Real nameservers in a network of their own: each fault opens one problem, and its end closes it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NearCheck, type Networks, startNetworks, whyNoNetworks } from '../../probing/testing-networks.ts'
import { schema } from './config.ts'

const why = whyNoNetworks('dnsmasq', 'unbound')
if (why !== '') console.log(`nameservers in a network of their own: ${why}`)

const [ONE, TWO, THREE, UPSTREAM, CLUSTER] = ['10.78.0.53', '10.78.0.54', '10.78.0.55', '10.78.0.99', '10.78.0.10']
const NAMES = [
  { name: 'db.corp.example', sameAnswers: true },
  { name: 'web.corp.example' },
  { name: 'large.corp.example', type: 'TXT' },
]

describe.skipIf(why !== '')('nameservers of a node and of its cluster', () => {
  let networks: Networks
  let folder: string
  let check: NearCheck
  const running = new Map<string, () => Promise<void>>()

  async function stop(address: string): Promise<void> {
    await running.get(address)?.()
    running.delete(address)
  }
  /** Is up once it listens. */
  async function start(address: string, file: string, ...args: readonly string[]): Promise<void> {
    await stop(address)
    running.set(address, networks.startFar(file, ...args))
    networks.far(`timeout 20 sh -c 'until ss -lnut src ${address}:53 | grep -q udp; do sleep 0.02; done'`)
  }
  async function dnsmasq(address: string, ...options: readonly string[]): Promise<void> {
    const own = ['--conf-file=/dev/null', '--no-resolv', '--pid-file=', '--bind-interfaces', '--user=root']
    const listen = [`--listen-address=${address}`, '--keep-in-foreground', '--no-hosts']
    await start(address, 'dnsmasq', ...own, ...listen, ...options)
  }
  const unbound = () => start(THREE, 'unbound', '-d', '-c', join(folder, 'unbound.conf'))
  const large = `--txt-record=large.corp.example,${Array.from({ length: 12 }, () => 'x'.repeat(200)).join(',')}`
  const names = [
    '--address=/db.corp.example/10.1.0.7',
    '--address=/web.corp.example/10.1.0.8',
    '--local=/corp.example/',
    large,
  ]
  const corp = (address: string, ...more: readonly string[]) =>
    dnsmasq(address, '--address=/localhost/127.0.0.1', ...names, ...more)

  async function writeResolvConf(...lines: readonly string[]): Promise<void> {
    await writeFile(join(folder, 'resolv.conf'), `${lines.join('\n')}\n`)
  }
  const SERVERS = [ONE, TWO, THREE].map((server) => `nameserver ${server}`)

  beforeAll(async () => {
    networks = await startNetworks('dns')
    folder = await mkdtemp(join(tmpdir(), 'nd-n-probe-'))
    for (const address of [ONE, TWO, THREE, UPSTREAM, CLUSTER]) networks.far(`ip address add ${address}/16 dev wire`)
    await Promise.all([
      corp(ONE),
      corp(TWO),
      corp(UPSTREAM),
      dnsmasq(CLUSTER, '--address=/kubernetes.default.svc.cluster.local/10.96.0.1'),
    ])
    const lines = [
      ...[`interface: ${THREE}`, 'username: ""', 'chroot: ""', 'pidfile: ""', 'use-syslog: no'],
      ...['access-control: 0.0.0.0/0 allow', 'module-config: "iterator"', 'cache-max-ttl: 0', `directory: "${folder}"`],
      ...['infra-host-ttl: 0', 'prefetch: no', 'log-servfail: no', 'domain-insecure: "example."', 'serve-expired: no'],
    ]
    const conf = `server:\n${lines.map((line) => `  ${line}\n`).join('')}remote-control:\n  control-enable: no\nforward-zone:\n  name: "."\n  forward-addr: ${UPSTREAM}\n  forward-no-cache: yes\n`
    await writeFile(join(folder, 'unbound.conf'), conf)
    await unbound()
    await writeResolvConf(...SERVERS)
    await mkdir(join(folder, 'own/etc'), { recursive: true })
    const search = 'search node-doctor.svc.cluster.local svc.cluster.local cluster.local'
    await writeFile(join(folder, 'own/etc/resolv.conf'), `nameserver ${CLUSTER}\n${search}\noptions ndots:5\n`)
    const config = schema.parse({ names: NAMES, resolvConfPath: join(folder, 'resolv.conf'), queryTimeoutMs: 300 })
    check = await networks.startCheck({ check: 'dns', config, own: join(folder, 'own') })
  }, 40_000)
  afterAll(async () => {
    await networks?.close()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  /** @param faulty makes the fault, @param mended ends it */
  async function opensOne(faulty: () => unknown, problem: string, mended: () => unknown): Promise<void> {
    await faulty()
    try {
      expect(await check.settled()).toEqual([problem])
    } finally {
      await mended()
    }
    expect(await check.settled()).toEqual([])
  }
  const drop = (...words: readonly string[]) => networks.far(`iptables -A INPUT ${words.join(' ')}`)
  const flush = () => networks.far('iptables -F')

  it('with all as it should be nothing is said', async () => {
    expect(await check.settled()).toEqual([])
  })

  it('one of three is dead', async () => {
    await opensOne(
      () => stop(TWO),
      `DNSServerUnhealthy dns:${TWO} NoAnswer`,
      () => corp(TWO),
    )
  })

  it('one answers over UDP and refuses TCP', async () => {
    const refuse = () => drop(`-d ${ONE} -p tcp --dport 53 -j REJECT --reject-with tcp-reset`)
    await opensOne(refuse, `DNSServerUnhealthy dns:${ONE} NoAnswerOverTCP`, flush)
  })

  it('one says nothing over UDP', async () => {
    await opensOne(
      () => drop(`-d ${ONE} -p udp --dport 53 -j DROP`),
      `DNSServerUnhealthy dns:${ONE} NoAnswerOverUDP`,
      flush,
    )
  })

  it('one says SERVFAIL, or nothing, of all that others know, since nobody answers behind it', async () => {
    // It would take unbound long to believe that somebody is there again whom it has given up.
    const again = async () => {
      await corp(UPSTREAM)
      await unbound()
    }
    await opensOne(() => stop(UPSTREAM), `DNSServerUnhealthy dns:${THREE} ResolvesNothing`, again)
  })

  it('all of the node are silent, or over UDP alone, by which programs ask', async () => {
    const all = () => [ONE, TWO, THREE].map((server) => drop(`-d ${server} -j DROP`))
    await opensOne(all, 'NodeDNSDown NoAnswer', flush)
    const overUdp = () => [ONE, TWO, THREE].map((server) => drop(`-d ${server} -p udp --dport 53 -j DROP`))
    await opensOne(overUdp, 'NodeDNSDown NoAnswer', flush)
  })

  it('those of the cluster are gone', async () => {
    const again = () => dnsmasq(CLUSTER, '--address=/kubernetes.default.svc.cluster.local/10.96.0.1')
    await opensOne(() => stop(CLUSTER), 'ClusterDNSDown NoAnswer', again)
  })

  it('a name is nowhere', async () => {
    const without = names.filter((option) => !option.includes('web.'))
    const restart = (...options: readonly string[]) =>
      Promise.all([ONE, TWO, UPSTREAM].map((server) => dnsmasq(server, '--address=/localhost/127.0.0.1', ...options)))
    await opensOne(
      () => restart(...without),
      'DNSNameFailing name:web.corp.example NoSuchName',
      () => restart(...names),
    )
  })

  it('one says something else than the others', async () => {
    const other = () =>
      dnsmasq(TWO, '--address=/localhost/127.0.0.1', '--address=/db.corp.example/10.9.9.9', ...names.slice(1))
    await opensOne(other, 'DNSAnswersDiffer name:db.corp.example AnswersDiffer', () => corp(TWO))
  })

  it('a search path of six has a domain behind which nobody answers', async () => {
    const config = schema.parse({
      searchName: 'db',
      searchWarningMs: 200,
      queryTimeoutMs: 300,
      cluster: 'none',
      resolvConfPath: join(folder, 'resolv.conf'),
    })
    const own = await networks.startCheck({ check: 'dns', config })
    const path = (...domains: readonly string[]) => writeResolvConf(...SERVERS, `search ${domains.join(' ')}`)
    await corp(ONE, '--server=/dead.example/10.78.0.77', '--local=/a/b/c/d/')
    await path('a', 'b', 'c', 'dead.example', 'd', 'corp.example')
    const problems = await own.settled()
    await path('a', 'b', 'c', 'd', 'corp.example')
    expect([problems, await own.settled()]).toEqual([['DNSSearchSlow SearchSlow'], []])
    await writeResolvConf(...SERVERS)
    await corp(ONE)
  })
})
