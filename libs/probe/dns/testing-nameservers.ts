/** Real nameservers (dnsmasq, unbound) on addresses of loopback, and one that does whatever it is told to. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#clock'
import { createStopwatch } from '../stopwatch.ts'
import type { Ask, Place } from '../types.ts'
import { askNameserver } from './ask-nameserver.ts'
import type { DnsProbed, DnsProtocol, DnsQuestion } from './types.ts'

const clock = systemClock()

/** How the tests ask. */
export function ask(timeoutMs = 10_000, signal = new AbortController().signal): Ask {
  return { clock, stopwatch: createStopwatch(clock), timeoutMs, signal }
}

/** One question, by UDP for addresses if nothing else is said. */
export function askFor(
  place: Place,
  name: string,
  { protocol = 'udp', timeoutMs, ...more }: Partial<DnsQuestion> & { protocol?: DnsProtocol; timeoutMs?: number } = {},
): Promise<DnsProbed> {
  return askNameserver(ask(timeoutMs), place, protocol, { type: 'A', ...more, name })
}

/** Why there are no real nameservers here; "" when there are. */
export function whyNoNameservers(): string {
  const missing = ['dnsmasq', 'unbound'].filter((program) => {
    try {
      execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${program}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  return missing.length === 0 ? '' : `skipped: ${missing.join(' and ')} missing (Debian: dnsmasq-base, unbound)`
}

/** A nameserver that is a process. */
export interface Nameserver extends AsyncDisposable {
  readonly place: Place
  readonly child: ChildProcess
}

/** A port that nobody has on that address, by UDP and by TCP. */
async function freePortOf(address: string): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

const FIRST_NAME = 'is.it.up'
/** Nobody is asked that a test did not start. */
const NOBODY = `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@1\n`

/** Started once it answers a question of its own by UDP, with whatever. */
async function started(place: Place, [file, ...args]: readonly [string, ...string[]], folder: string) {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  const said: string[] = []
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()))
  const ended = once(child, 'close')
  const server: Nameserver = {
    place,
    child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
  const endMs = clock.monotonicMs() + 20_000
  for (;;) {
    const probed = await askFor(place, FIRST_NAME, { timeoutMs: 100 })
    if (probed.ok) return server
    if (child.exitCode === null && clock.monotonicMs() < endMs) continue
    await server[Symbol.asyncDispose]()
    throw new Error(`${file} did not start: ${said.join('')}`)
  }
}

/** @param address of loopback, one for each test file @param options further ones of its command line */
export async function startDnsmasq(address: string, options: readonly string[]): Promise<Nameserver> {
  const folder = await mkdtemp(join(tmpdir(), 'nd-p-dns-'))
  const place = { address, port: await freePortOf(address) }
  const own = ['--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file=', '--bind-interfaces', '--user=root']
  const listen = [`--listen-address=${address}`, `--port=${place.port}`]
  return await started(place, ['dnsmasq', '--keep-in-foreground', ...own, ...listen, ...options], folder)
}

/** @param server lines of its `server:` clause @param clauses further ones */
export async function startUnbound(address: string, server: readonly string[], clauses = ''): Promise<Nameserver> {
  const folder = await mkdtemp(join(tmpdir(), 'nd-p-dns-'))
  const place = { address, port: await freePortOf(address) }
  const lines = [
    `interface: ${address}`,
    `port: ${place.port}`,
    'username: ""',
    'chroot: ""',
    `directory: "${folder}"`,
    'pidfile: ""',
    'use-syslog: no',
    'do-not-query-localhost: no',
    'module-config: "iterator"',
    `local-zone: "${FIRST_NAME}." always_nxdomain`,
    ...server,
  ]
  const text = `server:\n${lines.map((line) => `  ${line}\n`).join('')}remote-control:\n  control-enable: no\n${NOBODY}${clauses}`
  await writeFile(join(folder, 'unbound.conf'), text)
  return await started(place, ['unbound', '-d', '-c', join(folder, 'unbound.conf')], folder)
}

/** A nameserver of the test's own. */
export interface OwnNameserver extends AsyncDisposable {
  readonly place: Place
  /** Questions that came, by either protocol, in turn. */
  readonly queries: readonly Buffer[]
}

/** What the own one does. */
export interface Behaviour {
  udp?(query: Buffer, from: RemoteInfo, socket: UdpSocket): void
  /** Told each connection's question, without its length. */
  tcp?(query: Buffer, socket: Socket): void
}

/** Listens on both; by TCP a connection is told its first whole question. */
export async function startOwn(behaviour: Behaviour, address = '127.0.0.1'): Promise<OwnNameserver> {
  const queries: Buffer[] = []
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    sockets.add(socket)
    // What the other side breaks off is the test's matter.
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      queries.push(bytes.subarray(2))
      behaviour.tcp?.(bytes.subarray(2), socket)
    })
  }).listen(0, address.replace(/%.*/, ''))
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (query, from) => {
    queries.push(query)
    behaviour.udp?.(query, from, udp)
  })
  await new Promise<void>((bound) => udp.bind(port, address.replace(/%.*/, ''), bound))
  return {
    place: { address, port },
    queries,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([new Promise((closed) => tcp.close(closed)), new Promise<void>((closed) => udp.close(closed))])
    },
  }
}
