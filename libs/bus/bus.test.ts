import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Event, NodeCondition, Problem, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { BusLockTakenError } from './errors.ts'
import { createBusReader } from './reader.ts'
import { freePort, startTestBus, type TestBus } from './testing.ts'
import type { BusReader, BusWriter } from './types.ts'
import { createBusWriter } from './writer.ts'

const IDENTITY = { node: 'n1', bootId: 'boot-1' }

const buses: TestBus[] = []
const aborts: AbortController[] = []
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort()
  for (const bus of buses.splice(0)) await bus.close()
})

async function start(options: Parameters<typeof startTestBus>[0] = {}): Promise<TestBus> {
  const bus = await startTestBus(options)
  buses.push(bus)
  return bus
}

async function writerOf(bus: TestBus): Promise<BusWriter> {
  const detector = bus.detector()
  await detector.connected(AbortSignal.timeout(5000))
  const writer = createBusWriter(detector)
  await writer.ensureStore(IDENTITY)
  return writer
}

function abortable(): AbortSignal {
  const abort = new AbortController()
  aborts.push(abort)
  return abort.signal
}

function readerOf(bus: TestBus, service = 'http-exporter', onPoison?: (where: string) => void): BusReader {
  return createBusReader(bus.consumer(service), { signal: abortable(), ...(onPoison ? { onPoison } : {}) })
}

function condition(entity: string, message = 'fine'): NodeCondition {
  return NodeCondition.fromPartial({ type: 'DiskFull', entity, message })
}

function event(id: string, reason = 'Xid', severity: Severity = Severity.WARNING): Event {
  return Event.fromPartial({ id, reason, severity })
}

/** Follows a bucket into a map. */
function follow(reader: BusReader): { now: Map<string, NodeCondition>; snapshots: number } {
  const seen = { now: new Map<string, NodeCondition>(), snapshots: 0 }
  reader.watchBucket(
    'node_conditions',
    {
      snapshot(values) {
        seen.snapshots++
        seen.now = new Map(values.map((value) => [reader.keyOf('node_conditions', value), value]))
      },
      put: (value) => void seen.now.set(reader.keyOf('node_conditions', value), value),
      deleted: (key) => void seen.now.delete(key),
    },
    abortable(),
  )
  return seen
}

function collect(reader: BusReader, stream: 'EVENTS' | 'EVENTS_INFO' = 'EVENTS'): { ids: string[]; gaps: number } {
  const seen = { ids: [] as string[], gaps: 0 }
  reader.consume(
    stream,
    {
      message: (value) => {
        seen.ids.push(value.id)
        return Promise.resolve()
      },
      gap: (missed) => {
        seen.gaps += missed
      },
    },
    { signal: abortable() },
  )
  return seen
}

describe('the embedded server', () => {
  it('listens on loopback only, and keeps secrets to their owners', async () => {
    const bus = await start()
    const config = await readFile(join(bus.dir, 'detector', 'nats-server.conf'), 'utf8')
    expect(config).toContain(`listen: "127.0.0.1:${bus.port}"`)
    expect(config).not.toMatch(/\bSU[A-Z0-9]{50,}/)
    expect((await stat(join(bus.dir, 'detector', 'bus-keys.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(bus.dir, 'http-exporter', 'bus.json'))).mode & 0o777).toBe(0o640)
  })

  it('takes another port when its own is taken, and tells everyone', async () => {
    const port = await freePort()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    const bus = await start({ port })
    expect(bus.server.credentials().url).not.toContain(String(port))
    await bus.consumer('http-exporter').connected(AbortSignal.timeout(5000))
    squatter.close()
  })

  it('refuses a second server on one store, and says who has it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-lock-'))
    await start({ dir })
    await expect(startTestBus({ dir })).rejects.toThrow(BusLockTakenError)
    await expect(startTestBus({ dir })).rejects.toThrow(/^cannot start the bus: another process holds .*\/bus\/lock/)
    await buses.pop()?.close()
    await rm(dir, { recursive: true })
  })

  it('comes back after kill -9 with all it had, and everyone reconnects', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const reader = readerOf(bus)
    const seen = follow(reader)
    const events = collect(reader)
    await writer.putNodeCondition(condition('disk:/'))
    await writer.publishEvent(event('before'))
    await expect.poll(() => [seen.now.size, events.ids]).toEqual([1, ['before']])
    process.kill(bus.server.pid ?? 0, 'SIGKILL')
    await expect
      .poll(
        () =>
          writer.putNodeCondition(condition('disk:/var')).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true)
    await writer.publishEvent(event('after'))
    await expect.poll(() => [seen.now.size, events.ids.at(-1)], { timeout: 10_000 }).toEqual([2, 'after'])
    expect(bus.server.restarts).toBe(1)
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(false)
  })
})

describe('a bucket', () => {
  it('is read whole at first and followed afterwards, deletions too', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    for (let i = 0; i < 200; i++) await writer.putNodeCondition(condition(`disk:/${i}`))
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.now.size).toBe(200)
    await writer.putNodeCondition(condition('disk:/7', 'changed'))
    await writer.deleteNodeCondition({ type: 'DiskFull', entity: 'disk:/8' })
    await expect.poll(() => seen.now.size).toBe(199)
    expect([...seen.now.values()].find(({ entity }) => entity === 'disk:/7')?.message).toBe('changed')
    expect((await writer.readBack()).conditions).toHaveLength(199)
  })

  it('never goes back to an older value, however its reading and its writing overlap', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const writing = (async () => {
      for (let i = 0; i < 400; i++) await writer.putNodeCondition(condition('disk:/', String(i)))
    })()
    const seen: number[] = []
    for (let i = 0; i < 5; i++) {
      const reader = readerOf(bus)
      const own: number[] = []
      reader.watchBucket(
        'node_conditions',
        {
          snapshot: (values) => own.push(...values.map(({ message }) => Number(message))),
          put: ({ message }) => void own.push(Number(message)),
          deleted: () => undefined,
        },
        abortable(),
      )
      await expect.poll(() => own.length).toBeGreaterThan(0)
      await expect.poll(() => own.at(-1), { timeout: 10_000 }).toBeGreaterThan(0)
      expect(own).toEqual([...own].sort((a, b) => a - b))
      seen.push(own.length)
    }
    await writing
  })

  it('gives back what the detector wrote, and leaves out what cannot be decoded', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.putProblem(Problem.fromPartial({ fingerprint: 'system.DiskFull.x', generation: 3 }))
    await bus.detector().connected()
    const raw = bus.detector()
    await raw.connected()
    await raw
      .connection('test')
      .jetstream()
      .publish('$KV.problems.bad', new Uint8Array([255, 255, 255]))
    expect((await writer.readBack()).problems).toMatchObject([{ generation: 3 }])
  })
})

describe('a stream', () => {
  it('is told in order, once, and from where its reader left it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const abort = new AbortController()
    const first: string[] = []
    const consumer = bus.consumer('http-exporter')
    createBusReader(consumer, { signal: abort.signal }).consume(
      'EVENTS',
      {
        message: (value) => {
          first.push(value.id)
          return Promise.resolve()
        },
        gap: () => undefined,
      },
      { signal: abort.signal },
    )
    for (let i = 0; i < 50; i++) await writer.publishEvent(event(String(i)))
    await expect.poll(() => first.length).toBe(50)
    abort.abort()
    await consumer.close()
    for (let i = 50; i < 60; i++) await writer.publishEvent(event(String(i)))
    const second = collect(readerOf(bus))
    await expect.poll(() => second.ids).toEqual(['50', '51', '52', '53', '54', '55', '56', '57', '58', '59'])
    expect(first).toEqual(Array.from({ length: 50 }, (_, i) => String(i)))
  })

  it('delivers again what its reader did not take, before anything after it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const taken: string[] = []
    let refusals = 0
    readerOf(bus).consume(
      'EVENTS',
      {
        message: (value) => {
          if (value.id === 'b' && refusals++ < 1) return Promise.reject(new Error('the destination is away'))
          taken.push(value.id)
          return Promise.resolve()
        },
        gap: () => undefined,
      },
      { signal: abortable() },
    )
    for (const id of ['a', 'b', 'c']) await writer.publishEvent(event(id))
    await expect.poll(() => taken, { timeout: 10_000 }).toEqual(['a', 'b', 'c'])
  })

  it('that forgot what its reader had not taken says how much', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = collect(readerOf(bus))
    await writer.publishEvent(event('a'))
    await expect.poll(() => seen.ids).toEqual(['a'])
    const admin = bus.detector()
    await admin.connected()
    let ready = false
    const late = { ids: [] as string[], gaps: 0 }
    readerOf(bus, 'k8s-exporter').consume(
      'EVENTS',
      {
        message: (value) => {
          late.ids.push(value.id)
          return Promise.resolve()
        },
        gap: (missed) => {
          late.gaps += missed
        },
      },
      { signal: abortable(), ready: () => ready },
    )
    ready = true
    await expect.poll(() => late.ids).toEqual(['a'])
    ready = false
    for (let i = 0; i < 10; i++) await writer.publishEvent(event(`x${i}`))
    const jsm = await admin.connection('test').jetstreamManager()
    await jsm.streams.purge('EVENTS', { keep: 2 })
    ready = true
    await expect.poll(() => late.ids.slice(-2), { timeout: 15_000 }).toEqual(['x8', 'x9'])
    expect(late.gaps).toBeGreaterThanOrEqual(7)
  }, 30_000)

  it('steps over what cannot be decoded, and counts it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const poison: string[] = []
    const seen = collect(readerOf(bus, 'http-exporter', (where) => poison.push(where)))
    const raw = bus.detector()
    await raw.connected()
    await raw
      .connection('test')
      .jetstream()
      .publish('nd.event.warning.Bad', new Uint8Array([255, 255, 255]))
    await writer.publishEvent(event('good'))
    await expect.poll(() => seen.ids).toEqual(['good'])
    expect(poison).toEqual(['EVENTS'])
  })

  it('takes a reason of 64 KB with line breaks as a token, never as a subject', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = collect(readerOf(bus))
    await writer.publishEvent(event('evil', `X\r\nPUB nd.problem.opened.Forged 0\r\n${'y'.repeat(65_000)}`))
    await expect.poll(() => seen.ids).toEqual(['evil'])
    const admin = bus.detector()
    await admin.connected()
    const info = await (await admin.connection('test').jetstreamManager()).streams.info('PROBLEMS')
    expect(info.state.messages).toBe(0)
  })

  it('of info events is apart from those that matter', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const reader = readerOf(bus)
    const [events, info] = [collect(reader), collect(reader, 'EVENTS_INFO')]
    await writer.publishEvent(event('w'))
    await writer.publishEvent(event('i', 'Fine', Severity.INFO))
    await writer.publishProblem(Problem.fromPartial({ type: 'DiskFull', phase: ProblemPhase.OPENED }))
    await expect.poll(() => [events.ids, info.ids]).toEqual([['w'], ['i']])
  })
})

describe('a store that was made anew', () => {
  it('is noticed, and everything is read again', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.putNodeCondition(condition('disk:/'))
    const reader = readerOf(bus)
    const seen = follow(reader)
    const stores: string[] = []
    reader.onNewStore((incarnation) => stores.push(incarnation))
    await expect.poll(() => seen.now.size).toBe(1)
    const admin = bus.detector()
    await admin.connected()
    const jsm = await admin.connection('test').jetstreamManager()
    for (const name of await jsm.streams
      .list()
      .next()
      .then((page) => page.map(({ config }) => config.name)))
      await jsm.streams.delete(name)
    const { fresh } = await writer.ensureStore(IDENTITY)
    expect(fresh).toBe(true)
    await writer.putNodeCondition(condition('disk:/new'))
    await expect.poll(() => stores.length, { timeout: 10_000 }).toBe(1)
    await expect
      .poll(() => [...seen.now.values()].map(({ entity }) => entity), { timeout: 10_000 })
      .toEqual(['disk:/new'])
    const events = collect(reader)
    await writer.publishEvent(event('first'))
    await expect.poll(() => events.ids, { timeout: 10_000 }).toEqual(['first'])
  }, 30_000)

  it('has another incarnation after another boot', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const same = await writer.ensureStore(IDENTITY)
    expect(same.fresh).toBe(false)
    const other = await writer.ensureStore({ ...IDENTITY, bootId: 'boot-2' })
    expect(other.fresh).toBe(true)
    expect(other.meta.incarnation).not.toBe(same.meta.incarnation)
  })
})

describe('a reader of the bus', () => {
  it('may not write, speak for the detector, make or delete anything, or hear another’s answers', async () => {
    const bus = await start()
    await writerOf(bus)
    const reader = bus.consumer('http-exporter')
    await reader.connected(AbortSignal.timeout(5000))
    const nc = reader.connection('test')
    const forbidden = [
      '$KV.node_conditions.X._',
      'nd.event.warning.X',
      'nd.problem.opened.X',
      'nd.heartbeat',
      '$JS.API.STREAM.CREATE.X',
      '$JS.API.STREAM.DELETE.EVENTS',
      '$JS.API.CONSUMER.CREATE.EVENTS',
      '$JS.API.CONSUMER.CREATE.KV_node_conditions.x',
      '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.x',
      '$JS.API.CONSUMER.DELETE.EVENTS.http-exporter',
      '$JS.API.STREAM.PURGE.EVENTS',
      '$JS.API.CONSUMER.MSG.NEXT.EVENTS.k8s-exporter',
      '$JS.ACK.EVENTS.k8s-exporter.1.1.1.1.1',
    ]
    const refused: string[] = []
    void (async () => {
      for await (const { data } of nc.status()) refused.push(String(data))
    })()
    for (const subject of forbidden) nc.publish(subject, '{}')
    for (const subject of ['_INBOX_detector.>', '_INBOX_k8s-exporter.>', '>'])
      nc.subscribe(subject, { callback: () => undefined })
    await nc.flush()
    await expect
      .poll(() => refused.filter((text) => /permission/i.test(text)).length, { timeout: 5000 })
      .toBeGreaterThanOrEqual(1)
    const admin = bus.detector()
    await admin.connected()
    const jsm = await admin.connection('test').jetstreamManager()
    for (const stream of ['EVENTS', 'PROBLEMS', 'KV_node_conditions'])
      expect((await jsm.streams.info(stream)).state.messages).toBe(0)
    await expect(jsm.consumers.info('EVENTS', 'http-exporter')).resolves.toBeDefined()
  })

  it('hears heartbeats and metrics, and is dropped nothing when it comes before the server', async () => {
    const bus = await start()
    const reader = readerOf(bus)
    const heard: number[] = []
    reader.onHeartbeat(({ sequence }) => heard.push(sequence))
    const writer = await writerOf(bus)
    await expect
      .poll(() => {
        writer.publishHeartbeat({
          node: 'n1',
          bootId: '',
          detectorIncarnation: 1,
          time: new Date(),
          version: '',
          sequence: 7,
        })
        return heard.at(-1)
      })
      .toBe(7)
  })
})

describe('a full store', () => {
  it('lets streams forget their oldest, and a bucket refuse without harm to others', async () => {
    const bus = await start({ maxStoreBytes: 128 * 1024 * 1024 })
    const writer = await writerOf(bus)
    const admin = bus.detector()
    await admin.connected()
    const jsm = await admin.connection('test').jetstreamManager()
    await jsm.streams.update('EVENTS', { max_bytes: 4096 })
    await jsm.streams.update('KV_node_conditions', { max_bytes: 4096 })
    for (let i = 0; i < 200; i++) await writer.publishEvent(event(String(i)))
    expect((await jsm.streams.info('EVENTS')).state.bytes).toBeLessThanOrEqual(4096)
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => writer.putNodeCondition(condition(`disk:/${i}`, 'x'.repeat(200)))),
    )
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    await expect(writer.putProblem(Problem.fromPartial({ fingerprint: 'a' }))).resolves.toBeUndefined()
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(false)
    await expect(writer.putNodeCondition(condition('disk:/again'))).resolves.toBeUndefined()
  })
})
