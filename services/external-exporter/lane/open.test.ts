/** An exporter that starts again while nothing happens on the node: by a clock of the test's, on real sockets. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type BusReader, BusReaderUnknownError, type OnReadability, type StreamHandler } from '#bus'
import type { NodeFeed } from '#node-feed'
import { Event, Severity } from '#proto/nodedoctor/v1/types.ts'
import { createMetrics, type ServiceContext } from '#service'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { someCondition } from '../../../libs/view/testing.ts'
import type { ExternalExporterConfig } from '../config.ts'
import { createExporterMetrics } from '../metrics.ts'
import { startPartner, type TestPartner, told } from '../testing-partner.ts'
import { openLane } from './open.ts'

const POLICY = { initialBackoffMs: 100, backoffMultiplier: 2, maxBackoffMs: 200, maxAttempts: 3 }

/** A lane to the exporter at `dir`/t.sock, on a node with one condition of which nothing more is heard. */
async function quietNode() {
  const dir = await mkdtemp(join(tmpdir(), 'nd-open-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const socketPath = join(dir, 't.sock')
  const clock = fakeClock()
  const ending = new AbortController()
  const feed = {
    conditions: new Map([['a', someCondition()]]),
    known: true,
    listening: { voice: () => ({ state: 'live' }) },
  }
  const context = { name: 'external-exporter', nodeName: 'worker-7', stateDir: dir }
  const readability = new Map<string, OnReadability | undefined>()
  const handlers = new Map<string, StreamHandler<never>>()
  const consume: BusReader['consume'] = (stream, handler, options) => {
    readability.set(stream, options.onReadability)
    handlers.set(stream, handler)
  }
  const entry = { name: 'tickets', socketPath, timeoutMs: 5000, minSeverity: 'warning', retryPolicy: POLICY } as const
  const lane = await openLane(
    { ...entry, healthCheck: { errorThreshold: 3 } },
    {
      context: { ...context, clock, log: keepLog().log } as unknown as ServiceContext<ExternalExporterConfig>,
      bootId: '',
      metrics: createExporterMetrics(createMetrics(), ['tickets']),
      reader: { consume } as unknown as BusReader,
      feed: feed as unknown as NodeFeed,
      onNews: () => undefined,
      signal: ending.signal,
    },
  )
  onTestFinished(() => {
    ending.abort()
    return lane.ended
  })
  /** Looks, lets that settle, and sees what the exporter was told in all. */
  async function look(partner: TestPartner, words: readonly string[]): Promise<void> {
    lane.look()
    await clock.advance(5)
    await expect
      .poll(async () => {
        await clock.advance(10)
        return told(partner.taken)
      })
      .toEqual(words)
  }
  return { dir, socketPath, clock, look, lane, readability, handlers }
}

/** A socket that is held for whoever listens behind it. @returns what ends all connections */
async function holdSocket(socketPath: string, behind: string): Promise<() => void> {
  const ends = new Set<Socket>()
  const held = createServer((caller) => {
    const callee = connect(behind)
    for (const [one, other] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      ends.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => held.listen(socketPath, resolve))
  onTestFinished(() => void held.close())
  return () => {
    for (const end of ends) end.destroy()
  }
}

it('tells the conditions to an exporter that starts again on a quiet node, once', async () => {
  const { socketPath, look } = await quietNode()
  const first = await startPartner(socketPath)
  await look(first, ['DiskFull FALSE'])
  await look(first, ['DiskFull FALSE'])
  await first.close()
  const second = await startPartner(socketPath)
  onTestFinished(() => second.close())
  await look(second, ['DiskFull FALSE'])
  await look(second, ['DiskFull FALSE'])
  expect(second.metadataAsked).toBe(1)
})

it('tells them to one whose socket is held for it, too, once a minute at most', async () => {
  const { dir, socketPath, clock, look } = await quietNode()
  const behind = join(dir, 'behind.sock')
  const endAll = await holdSocket(socketPath, behind)
  const first = await startPartner(behind)
  await look(first, ['DiskFull FALSE'])
  await first.close()
  endAll()
  const second = await startPartner(behind)
  onTestFinished(() => second.close())
  await look(second, [])
  await clock.advance(60_000)
  await look(second, ['DiskFull FALSE'])
  await look(second, ['DiskFull FALSE'])
  expect(second.metadataAsked).toBe(1)
})

it('tells one that ends every connection that rests everything again ever more seldom', async () => {
  const { dir, socketPath, clock, look } = await quietNode()
  const behind = join(dir, 'behind.sock')
  const ends = await holdSocket(socketPath, behind)
  const partner = await startPartner(behind)
  onTestFinished(() => partner.close())
  const words = ['DiskFull FALSE']
  await look(partner, words)
  for (const waitedMs of [60_000, 120_000, 240_000]) {
    ends()
    await clock.advance(waitedMs - 1000)
    await look(partner, words)
    await clock.advance(1000)
    words.push('DiskFull FALSE')
    await look(partner, words)
  }
  expect(partner.metadataAsked).toBe(4)
})

it('does not do well while the bus knows of no such exporter, however readily it takes the conditions', async () => {
  const { socketPath, look, lane, readability } = await quietNode()
  const partner = await startPartner(socketPath)
  onTestFinished(() => partner.close())
  await look(partner, ['DiskFull FALSE'])
  expect(lane.state()).toMatchObject({ doing: 'serving', lastError: '' })
  expect([...readability.keys()]).toEqual(['EVENTS', 'PROBLEMS'])
  for (const [stream, on] of readability) on?.(new BusReaderUnknownError(stream, 'a', new Error('refused')))
  expect(lane.state()).toMatchObject({
    doing: 'failing',
    lastError: 'the detector was started before it knew this exporter; restart it',
  })
  for (const on of readability.values()) on?.(undefined)
  expect(lane.state()).toMatchObject({ doing: 'serving', waitingMs: 0, lastError: '' })
})

it('has what it lost told before anything that came after it counts as taken, also what it wants not to hear', async () => {
  const { socketPath, look, handlers } = await quietNode()
  const events = handlers.get('EVENTS') as StreamHandler<Event> | undefined
  events?.gap(5)
  let isTaken = false
  const small = Event.fromPartial({ id: 'a', monitor: 'kernel', reason: 'Small', severity: Severity.INFO })
  const taking = events
    ?.message(small, { sequence: 6, time: new Date(0), redelivered: false })
    .then(() => (isTaken = true))
  await new Promise(setImmediate)
  expect(isTaken).toBe(false)
  const partner = await startPartner(socketPath)
  onTestFinished(() => partner.close())
  const words = 'EventsMissed: 5 facts left the bus (EVENTS) before this exporter took them'
  await look(partner, [words, 'DiskFull FALSE'])
  await taking
  expect(isTaken).toBe(true)
})
