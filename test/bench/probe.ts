/** CPU of one probe of each kind, of this process and of what it starts; whoever is asked is another process on loopback. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../libs/clock/index.ts'
import { createHost } from '../../libs/host/index.ts'
import {
  createStopwatch,
  createTrust,
  type Probed,
  probeHttp,
  probePing,
  probeTcp,
  probeTls,
} from '../../libs/probe/index.ts'
import { reportFigure } from './figure.ts'
import type { Ports } from './probe/servers.ts'

const ROUNDS = 7
const PROBES = 100
/** A ping is a program, and takes 20 ms. */
const PINGS = 20
/** Of the kernel's counters of processes that have ended. */
const TICK_US = 10_000

const clock = systemClock()
const host = createHost({ root: '', clock })
const ask = () => ({ clock, stopwatch: createStopwatch(clock), timeoutMs: 5000, signal: new AbortController().signal })

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** CPU of all children that have ended, in microseconds (proc(5): cutime, cstime). */
function childrenUs(): number {
  const fields = (readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1) ?? '').split(' ')
  return (Number(fields[13]) + Number(fields[14])) * TICK_US
}

/** Microseconds of CPU of each. */
async function costOfEach(count: number, one: () => Promise<unknown>): Promise<number> {
  const children = childrenUs()
  const begun = process.cpuUsage()
  for (let i = 0; i < count; i++) await one()
  const { user, system } = process.cpuUsage(begun)
  return (user + system + childrenUs() - children) / count
}

async function figureOf(count: number, one: () => Promise<unknown>): Promise<number> {
  await costOfEach(count, one)
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await costOfEach(count, one))
  return median(rounds)
}

/** A probe that was not answered is no figure. */
const answered = async (probing: Promise<Probed<unknown>>): Promise<void> => {
  const probed = await probing
  if (!probed.ok) throw new Error(probed.failure.message)
}

const servers = fork(join(import.meta.dirname, 'probe/servers.ts'))
const [ports] = (await once(servers, 'message')) as [Ports]
const place = (port: number) => ({ address: '127.0.0.1', port })
const trust = createTrust({ authorities: ports.authority })
const asks = (url: string, port: number) => () =>
  answered(
    probeHttp(ask(), { method: 'GET', url: new URL(url), route: { kind: 'address', place: place(port) }, trust }),
  )

async function bareConnect(): Promise<void> {
  const socket = connect(ports.tcp, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

async function bareGet(): Promise<void> {
  const [response] = await once(get({ host: '127.0.0.1', port: ports.http, agent: false }), 'response')
  response.resume()
  await once(response, 'close')
}

const tcp = {
  bare: await figureOf(PROBES, bareConnect),
  ours: await figureOf(PROBES, () => answered(probeTcp(ask(), place(ports.tcp)))),
}
reportFigure({
  name: 'CPU of a TCP probe',
  value: tcp.ours,
  unit: 'µs',
  budget: { max: 400, maxRatio: 3 },
  comparedWith: { name: 'node:net alone', value: tcp.bare },
})
const tls = await figureOf(PROBES, () =>
  answered(probeTls(ask(), { place: place(ports.https), serverName: 'good.test', trust })),
)
reportFigure({ name: 'CPU of a TLS probe', value: tls, unit: 'µs', budget: { max: 4000 } })
const http = {
  bare: await figureOf(PROBES, bareGet),
  ours: await figureOf(PROBES, asks('http://good.test/', ports.http)),
}
reportFigure({
  name: 'CPU of an HTTP probe',
  value: http.ours,
  unit: 'µs',
  budget: { max: 1500, maxRatio: 2 },
  comparedWith: { name: 'node:http alone', value: http.bare },
})
reportFigure({
  name: 'CPU of an HTTPS probe',
  value: await figureOf(PROBES, asks('https://good.test/', ports.https)),
  unit: 'µs',
  budget: { max: 5000 },
})
const ping = await figureOf(PINGS, () =>
  answered(probePing(ask(), host, { address: '127.0.0.1', count: 3, intervalMs: 5 })),
)
reportFigure({
  name: 'CPU of a ping of three echo requests, the program included',
  value: ping,
  unit: 'µs',
  budget: { max: 20_000 },
})
const silent = { ...host, files: { readText: async () => '1 0' } }
const neighbour = await figureOf(PROBES, () => answered(probePing(ask(), silent, { address: '127.0.0.1' })))
reportFigure({ name: 'CPU of a datagram to a closed port', value: neighbour, unit: 'µs', budget: { max: 1000 } })
servers.disconnect()
