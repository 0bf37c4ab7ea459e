import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, sampleOf, startFixture } from '#monitor-kit/testing'
import { sockets } from './check.ts'
import { schema } from './config.ts'
import { evaluateSockets, FIRST_SOCKETS, recallSockets, type SocketsMemory } from './evaluate.ts'
import type { SocketsReading } from './source.ts'

async function over(name: string, runs = 4): Promise<readonly CheckResult[]> {
  await using check = await startFixture(sockets, { folder: fixture(import.meta.url, name), config: schema.parse({}) })
  const results: CheckResult[] = []
  for (let i = 0; i < runs; i++) results.push(await check.run())
  return results
}

test('ports that are taken name the place, and how many are only kept', async () => {
  const [result] = await over('sick-ports')
  expect(findingOf(result!, 'PortsExhausted')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    message:
      '9 of 10 local ports taken for connections to 10.0.1.5:443, 5 of them in TIME_WAIT (90.0 %), limit 80 %; see who opens so many, keep connections open, or widen net.ipv4.ip_local_port_range',
    summary: '90 % of the local ports are taken for connections to 10.0.1.5:443',
  })
  expect(findingOf((await over('sick-udp-ports'))[0]!, 'PortsExhausted')).toMatchObject({
    severity: 'critical',
    summary: '100 % of the local ports are taken by UDP',
  })
})

test('a server with more clients than there are local ports lacks none', async () => {
  const [result] = await over('well-busy-server')
  expect(findingOf(result!, 'PortsExhausted')).toMatchObject({
    health: 'healthy',
    message: '2 of 10 local ports taken for connections to 10.0.1.5:443, 1 of them in TIME_WAIT (20.0 %), limit 80 %',
  })
  expect(sampleOf(result!, 'sockets_in_use', { kind: 'tcp' })).toBe(14)
})

test('memory that is almost all taken names the protocol', async () => {
  const [result] = await over('sick-memory')
  expect(findingOf(result!, 'SocketMemoryHigh')).toMatchObject({
    severity: 'critical',
    message:
      'TCP has 560,000 of 576,918 pages of memory (97.1 %), limit 95 %; see whose sockets are not read (ss -m), or raise net.ipv4.tcp_mem',
  })
})

test('a node in a network of its own is told no limit of memory, and that is no fault of it', async () => {
  const [result] = await over('well-own-network')
  expect(findingOf(result!, 'SocketMemoryHigh')).toMatchObject({ health: 'healthy', reason: 'NoLimit' })
})

test('segments that are sent again are a problem after two looks in a row', async () => {
  const results = await over('sick-retransmits')
  expect(results.map((result) => findingOf(result, 'RetransmitsHigh').pending ?? false)).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(findingOf(results[3]!, 'RetransmitsHigh')).toMatchObject({
    severity: 'warning',
    message: '6,000 of 106,000 segments sent again (5.7 %), limit 3 %',
  })
})

test('what asks for a connection that nobody answers is sent again, and no sign that packets get lost', async () => {
  const results = await over('well-nobody-answers')
  expect(results.map((result) => findingOf(result, 'RetransmitsHigh').health)).toEqual(results.map(() => 'healthy'))
  expect(findingOf(results[3]!, 'RetransmitsHigh').message).toBe('10 of 7,360 segments sent again (0.1 %), limit 3 %')
})

test('queues and processors that had no room are told once, with how much', async () => {
  const events = async (name: string) => (await over(name)).flatMap((result) => result.events ?? [])
  expect(await events('sick-queue')).toMatchObject([{ reason: 'ListenQueueOverflow', count: 53 }])
  expect(await events('sick-dropped')).toEqual([
    {
      severity: 'warning',
      reason: 'PacketsDropped',
      message:
        '1,024 packets dropped: a processor had no room for them; see net.core.netdev_max_backlog, and whether one processor takes all interrupts',
      count: 1024,
    },
  ])
})

test('a processor that comes back brings its old drops with it, and they are not told as new ones', () => {
  let memory: SocketsMemory = FIRST_SOCKETS
  const failed = unobserved('ReadFailed', 'it failed')
  const others = { counts: failed, ports: failed, maxPages: failed, tcp: failed, overflows: failed }
  const told = [1005, 5, 1005, 1008].map((drops, at) => {
    const verdict = evaluateSockets({ ...others, drops: observed(drops) }, schema.parse({}), memory, at * 700_000)
    memory = verdict.memory
    return verdict.events.map(({ count }) => count)
  })
  expect(told).toEqual([[], [], [], [3]])
})

const maybe = <T>(value: fc.Arbitrary<T>) =>
  value.chain((one) => fc.constantFrom(observed(one), unobserved('ReadFailed', 'it failed')))
const some = fc.nat(100_000)
const reading: fc.Arbitrary<SocketsReading> = fc.record({
  counts: maybe(fc.record({ tcp: some, timeWait: some, udp: some, tcpPages: some, udpPages: some })),
  ports: maybe(fc.record({ size: fc.nat(100), busiest: fc.constant(undefined), udp: fc.nat(100) })),
  maxPages: maybe(fc.record({ tcp: fc.integer({ min: 1 }), udp: fc.integer({ min: 1 }) })),
  tcp: maybe(fc.record({ sent: some, retransmitted: some, unanswered: some })),
  overflows: maybe(some),
  drops: maybe(some),
})

test('whatever is read: each condition is said once, what was not read is unknown, and no counter is told that did not grow', () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 6 }), (readings) => {
      let memory: SocketsMemory = FIRST_SOCKETS
      for (const [at, one] of readings.entries()) {
        const { overflows, drops } = memory
        const verdict = evaluateSockets(one, schema.parse({}), memory, at * 700_000)
        memory = verdict.memory
        expect(verdict.findings.map(({ type }) => type)).toEqual([
          'PortsExhausted',
          'SocketMemoryHigh',
          'RetransmitsHigh',
        ])
        if (!one.ports.ok) expect(verdict.findings[0]?.health).toBe('unknown')
        if (!one.counts.ok) expect(verdict.findings[1]?.health).toBe('unknown')
        if (!one.tcp.ok) expect(verdict.findings[2]?.health).toBe('unknown')
        const grew = (before: number | undefined, now: SocketsReading['drops']) =>
          now.ok && before !== undefined && now.value > before
        for (const { reason } of verdict.events) {
          expect(reason === 'PacketsDropped' ? grew(drops, one.drops) : grew(overflows, one.overflows)).toBe(true)
        }
      }
    }),
  )
  fc.assert(fc.property(fc.anything(), (facts) => void recallSockets(facts)))
})
