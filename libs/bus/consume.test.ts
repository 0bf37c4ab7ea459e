import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nanos } from 'nats'
import { describe, expect, it } from 'vitest'
import { Event, ProblemPhase, type Severity } from '#proto/nodedoctor/v1/types.ts'
import { fakeClock } from '../clock/testing.ts'
import { createBusReader } from './reader.ts'
import { quietLog, startTestBus } from './testing.ts'
import {
  abortable,
  collect,
  connectedDetector,
  event,
  folder,
  IDENTITY,
  jetStreamOf,
  pidOf,
  problem,
  readerOf,
  start,
  taken,
  writerOf,
} from './testing-readers.ts'
import { createBusWriter } from './writer.ts'

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i))
}

describe('a stream', () => {
  it('is not delivered again to a reader that is only slow', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const jsm = await jetStreamOf(bus)
    const ackWaitMs = 600
    const told: string[] = []
    let finish: () => void = () => undefined
    await jsm.consumers.update('EVENTS', 'http-exporter', { ack_wait: nanos(ackWaitMs) })
    readerOf(bus).consume(
      'EVENTS',
      {
        message: async ({ id }) => {
          told.push(id)
          if (id === 'slow') await new Promise<void>((resolve) => (finish = resolve))
        },
        gap: () => undefined,
      },
      { signal: abortable() },
    )
    await writer.publishEvent(event('slow'))
    await writer.publishEvent(event('next'))
    await expect.poll(() => told).toEqual(['slow'])
    const startedMs = performance.now()
    await expect
      .poll(() => performance.now() - startedMs, { timeout: 10 * ackWaitMs, interval: 100 })
      .toBeGreaterThan(3 * ackWaitMs)
    expect((await jsm.consumers.info('EVENTS', 'http-exporter')).num_redelivered).toBe(0)
    finish()
    await expect.poll(() => told).toEqual(['slow', 'next'])
  })

  it('is not fetched while its destination is away, and what was asked for before is held', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    let isReady = true
    const seen = collect(readerOf(bus), { ready: () => isReady })
    await writer.publishEvent(event('a'))
    await expect.poll(() => seen.ids).toEqual(['a'])
    isReady = false
    await writer.publishEvent(event('b'))
    await writer.publishEvent(event('c'))
    const jsm = await jetStreamOf(bus)
    await expect.poll(async () => (await jsm.consumers.info('EVENTS', 'http-exporter')).num_ack_pending).toBe(1)
    expect(seen.ids).toEqual(['a'])
    isReady = true
    await expect.poll(() => seen.ids).toEqual(['a', 'b', 'c'])
    expect(seen.redelivered).toBe(0)
  })

  it('that forgot what its reader had not taken says how much', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    let isReady = true
    const late = collect(readerOf(bus, 'k8s-exporter'), { ready: () => isReady })
    await writer.publishEvent(event('a'))
    await expect.poll(() => late.ids).toEqual(['a'])
    isReady = false
    for (const id of names(0, 10)) await writer.publishEvent(event(id))
    const jsm = await jetStreamOf(bus)
    await expect.poll(async () => (await jsm.consumers.info('EVENTS', 'k8s-exporter')).num_ack_pending).toBe(1)
    await jsm.streams.purge('EVENTS', { keep: 2 })
    isReady = true
    await expect.poll(() => late.ids.slice(-2)).toEqual(['8', '9'])
    // The one that had been asked for before was held and came.
    expect(late.ids).toEqual(['a', '0', '8', '9'])
    expect(late.gaps).toBe(7)
  })

  it.each([0, 3])('that forgot, while its reader was away after %i messages, says how much', async (before) => {
    const bus = await start()
    const writer = await writerOf(bus)
    const abort = new AbortController()
    const consumer = bus.consumer('http-exporter')
    const first = collect(createBusReader(consumer, { signal: abort.signal }), { signal: abort.signal })
    for (const id of names(0, before)) await writer.publishEvent(event(id))
    await expect.poll(() => first.ids).toEqual(names(0, before))
    abort.abort()
    await consumer.close()
    const jsm = await jetStreamOf(bus)
    await jsm.streams.update('EVENTS', { max_bytes: 4096 })
    for (const id of names(before, 200)) await writer.publishEvent(event(id))
    const { state } = await jsm.streams.info('EVENTS')
    expect(state.first_seq).toBeGreaterThan(50)
    const second = collect(readerOf(bus))
    await expect.poll(() => second.ids.at(-1)).toBe('199')
    expect(second.ids).toEqual(names(state.first_seq - 1, 200))
    expect(second.gaps).toBe(state.first_seq - 1 - before)
  })

  it('steps over what cannot be decoded, counts it, and never gets it again', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const poison: string[] = []
    const seen = collect(readerOf(bus, 'http-exporter', (where) => poison.push(where)))
    const nc = (await connectedDetector(bus)).connection('test')
    await nc.jetstream().publish('nd.event.warning.Bad', new Uint8Array([255, 255, 255]))
    await writer.publishEvent(event('good'))
    await expect.poll(() => seen.ids).toEqual(['good'])
    expect(poison).toEqual(['EVENTS'])
    const { ack_floor } = await (await jetStreamOf(bus)).consumers.info('EVENTS', 'http-exporter')
    expect(ack_floor.stream_seq).toBe(2)
    expect(seen.gaps).toBe(0)
  })

  it('hands on an unknown field and an unknown health as they are', async () => {
    const bus = await start()
    await writerOf(bus)
    const reader = readerOf(bus)
    const seen: Event[] = []
    reader.consume(
      'EVENTS',
      { message: (value) => Promise.resolve(void seen.push(value)), gap: () => undefined },
      { signal: abortable() },
    )
    const nc = (await connectedDetector(bus)).connection('test')
    // Field 500, a string, of a later version; severity 99.
    const later = new Uint8Array([...Event.encode(event('x', 'Xid', 99 as Severity)).finish(), 0xa2, 0x1f, 0x01, 0x41])
    await nc.jetstream().publish('nd.event.warning.Later', later)
    await expect.poll(() => seen.map(({ id, severity }) => [id, severity])).toEqual([['x', 99]])
  })

  it('takes a reason of 64 KB with line breaks as a token, never as a subject', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = collect(readerOf(bus))
    for (const reason of [
      `X\r\nPUB nd.problem.opened.Forged 0\r\n${'y'.repeat(65_000)}`,
      'a b',
      'a.b',
      '>',
      '*',
      '',
      '\ud800',
    ])
      await writer.publishEvent(event(reason.slice(0, 3), reason))
    await expect.poll(() => seen.ids).toHaveLength(7)
    const info = await (await jetStreamOf(bus)).streams.info('PROBLEMS')
    expect(info.state.messages).toBe(0)
  })

  it('of problems has the phase and the type in its subjects', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    for (const phase of [ProblemPhase.OPENED, ProblemPhase.CHANGED, ProblemPhase.RESOLVED])
      await writer.publishProblem(problem('fp', phase))
    const { state } = await (await jetStreamOf(bus)).streams.info('PROBLEMS', { subjects_filter: '>' })
    expect(Object.keys(state.subjects ?? {}).toSorted()).toEqual([
      'nd.problem.changed.DiskFull',
      'nd.problem.opened.DiskFull',
      'nd.problem.resolved.DiskFull',
    ])
  })
})

describe('a reader that was killed within a message', () => {
  it('gets it again at once when it is back, not after the time to acknowledge', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const consumer = bus.consumer('http-exporter')
    let isTaken = false
    createBusReader(consumer, { signal: abortable() }).consume(
      'EVENTS',
      {
        message: () => {
          isTaken = true
          return new Promise(() => undefined)
        },
        gap: () => undefined,
      },
      { signal: abortable() },
    )
    await writer.publishEvent(event('a'))
    await writer.publishEvent(event('b'))
    await expect.poll(() => isTaken).toBe(true)
    await consumer.connection('test').close()
    await consumer.close()
    const startedMs = performance.now()
    const seen = collect(readerOf(bus))
    await expect.poll(() => seen.ids).toEqual(['a', 'b'])
    expect(performance.now() - startedMs).toBeLessThan(2000)
    expect(seen.redelivered).toBe(1)
  })
})

describe('a bus that is killed again and again under load', () => {
  it('loses no acknowledged event, and keeps their order', async () => {
    const bus = await start()
    const detector = await connectedDetector(bus)
    const writer = createBusWriter(detector)
    await writer.ensureStore(IDENTITY)
    const seen = collect(readerOf(bus))
    const told: string[] = []
    let isOver = false
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        while (!(await taken(writer.publishEvent(event(String(i)))))) await detector.connected()
        told.push(String(i))
      }
    })()
    for (let kill = 1; kill <= 4; kill++) {
      const from = told.length
      await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(from + 50)
      process.kill(await pidOf(bus), 'SIGKILL')
      await expect.poll(() => bus.server.restarts, { timeout: 10_000 }).toBe(kill)
    }
    const from = told.length
    await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(from + 50)
    isOver = true
    await writing
    await expect.poll(() => seen.ids.at(-1), { timeout: 15_000 }).toBe(told.at(-1))
    expect([...new Set(seen.ids)]).toEqual(told)
    expect(seen.gaps).toBe(0)
  }, 60_000)
})

describe('a stream that went backwards', () => {
  it('is noticed as another store, and read on', async () => {
    const dir = await folder()
    const kept = await folder()
    let bus = await startTestBus({ dir })
    const { port } = bus
    let writer = await writerOf(bus)
    for (const id of names(0, 5)) await writer.publishEvent(event(id))
    await bus.close()
    await cp(join(dir, 'bus'), kept, { recursive: true })

    bus = await startTestBus({ dir, port })
    const consumer = bus.consumer('http-exporter')
    const reader = createBusReader(consumer, { signal: abortable() })
    const stores: string[] = []
    reader.onNewStore((incarnation) => stores.push(incarnation))
    const seen = collect(reader)
    writer = await writerOf(bus)
    const { meta } = await writer.ensureStore(IDENTITY)
    for (const id of names(5, 10)) await writer.publishEvent(event(id))
    await expect.poll(() => seen.ids).toEqual(names(0, 10))
    await bus.server.stop()

    await rm(join(dir, 'bus'), { recursive: true })
    await cp(kept, join(dir, 'bus'), { recursive: true })
    const after = await start({ dir, port })
    writer = await writerOf(after)
    await expect.poll(() => stores, { timeout: 10_000 }).toEqual([meta.incarnation])
    await writer.publishEvent(event('after'))
    await expect.poll(() => seen.ids.at(-1), { timeout: 10_000 }).toBe('after')
    expect(seen.gaps).toBe(0)
    await bus.close()
  }, 40_000)
})

describe('a lane that the bus does not know', () => {
  it('is told of once, after ten seconds over one connection, and again when the next detector lets it read', async () => {
    const dir = await folder()
    const { port, ...before } = await start({ dir, lanes: { 'exporters.external': ['quick'] } })
    await writerOf({ port, ...before })
    const clock = fakeClock()
    const consumer = before.consumer('external-exporter', quietLog, clock)
    const told: [string, string | undefined][] = []
    const reader = createBusReader(consumer, { signal: abortable() })
    const follow = (lane: string) =>
      collect(reader, { lane, onReadability: (why) => void told.push([lane, why && `${why.name}: ${why.message}`]) })
    follow('quick')
    const late = follow('late')
    await consumer.connected()
    const aSecond = async () => {
      await clock.advance(1000)
      await consumer.connection('test').flush()
    }
    for (let seconds = 0; seconds < 9; seconds++) await aSecond()
    expect(told).toEqual([])
    for (let seconds = 0; seconds < 9; seconds++) await aSecond()
    const durable = 'external-exporter_late'
    const question = `ND.API.CONSUMER.INFO.EVENTS.${durable}`
    const why = `BusReaderUnknownError: the bus knows no reader ${durable} of EVENTS: asking ${question}: 'Permissions Violation for Publish to "${question}"'`
    expect(told).toEqual([['late', why]])

    await before.server.stop()
    const after = await start({ dir, port, lanes: { 'exporters.external': ['quick', 'late'] } })
    await (await writerOf(after)).publishEvent(event('a'))
    await expect
      .poll(async () => {
        await clock.advance(100)
        return late.ids
      })
      .toEqual(['a'])
    expect(told).toEqual([
      ['late', why],
      ['late', undefined],
    ])
  })
})
