/**
 * What a question to a nameserver costs the prober, by UDP and by TCP, beside Node's own resolver that asks the same one; and what
 * it costs to read the largest message there is. The nameserver is another process, on loopback.
 */
import { fork } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { systemClock } from '#clock'
import { askNameserver, createStopwatch, type DnsProtocol } from '#probe'
import { encodeQuery, readReply } from '../../libs/probe/dns/message.ts'
import { answerTo } from '../../libs/probe/dns/testing-message.ts'
import { reportFigure } from './figure.ts'

/** Fewer where it is only tried whether it runs. */
const ROUNDS = Number(process.env['NODE_DOCTOR_BENCH_ROUNDS'] ?? 7)
const QUESTIONS = 300
const NAME = 'kubernetes.default.svc.cluster.local'

const clock = systemClock()
const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 10_000, signal: new AbortController().signal }

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] as number
}

/** µs of processor for each of so many, the median of the rounds after one that warms up. */
async function microseconds(count: number, one: () => unknown): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const began = process.cpuUsage()
    for (let n = 0; n < count; n++) await one()
    const { user, system } = process.cpuUsage(began)
    rounds.push((user + system) / count)
  }
  return median(rounds.slice(1))
}

const server = fork(new URL('dns/nameserver.ts', import.meta.url))
const [port] = (await once(server, 'message')) as [number]
const place = { address: '127.0.0.1', port }

async function askOnce(protocol: DnsProtocol): Promise<void> {
  const probed = await askNameserver(ask, place, protocol, { name: NAME, type: 'A' })
  if (!probed.ok) throw new Error(probed.failure.message)
}

const resolver = new Resolver()
resolver.setServers([`${place.address}:${place.port}`])
const theirs = await microseconds(QUESTIONS, () => resolver.resolve4(NAME))
for (const [protocol, max] of [
  ['udp', 300],
  ['tcp', 800],
] as const) {
  reportFigure({
    name: `a question by ${protocol.toUpperCase()}, processor of the prober`,
    value: await microseconds(QUESTIONS, () => askOnce(protocol)),
    unit: 'µs',
    budget: { max },
    comparedWith: { name: "Node's resolver, which keeps its socket, by UDP", value: theirs },
  })
}
server.disconnect()

const query = encodeQuery({ name: `${NAME}.`, type: 'A' }, 1, true)
const answers = Array.from({ length: 3800 }, () => ({ type: 'A', name: 'x', ttl: 1, data: '192.0.2.1' }) as const)
const small = answerTo(query.bytes, { answers: answers.slice(0, 1), edns: true })
const large = answerTo(query.bytes, { answers })
reportFigure({
  name: 'reading an answer of one address',
  value: await microseconds(5000, () => readReply(small, query)),
  unit: 'µs',
  budget: { max: 15 },
})
reportFigure({
  name: `reading an answer of ${answers.length} addresses, ${large.length} bytes`,
  value: (await microseconds(20, () => readReply(large, query))) / 1000,
  unit: 'ms',
  budget: { max: 12 },
})
