import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import {
  type Event,
  MonitorState,
  Problem,
  ProblemPhase,
  Severity,
  SourceCondition,
} from '#proto/nodedoctor/v1/types.ts'
import { createMemoryBus } from './memory/memory-bus.ts'
import { createBusReader } from './reader.ts'
import { quietLog } from './testing.ts'
import { createJournal } from './testing-journal.ts'
import {
  abortable,
  collect,
  condition,
  connectedDetector,
  event,
  follow,
  IDENTITY,
  problem,
  start,
  taken,
} from './testing-readers.ts'
import type { BusLog, BusReader, BusWriter } from './types.ts'
import { createBusWriter } from './writer.ts'

/** A bus of one kind, for one test. */
interface AnyBus {
  /** Of a store that was made ready. */
  writer(): Promise<BusWriter>
  /** Of one that was not. */
  earlyWriter(): Promise<BusWriter>
  reader(options?: { service?: string; log?: BusLog; signal?: AbortSignal }): BusReader
}

async function ready(writer: BusWriter): Promise<BusWriter> {
  await writer.ensureStore(IDENTITY)
  return writer
}

async function ofServer(): Promise<AnyBus> {
  const bus = await start({ lanes: { 'exporters.external': ['quick', 'slow'] } })
  const earlyWriter = async () => createBusWriter(await connectedDetector(bus), bus.consumers)
  return {
    earlyWriter,
    writer: async () => ready(await earlyWriter()),
    reader: ({ service = 'http-exporter', log, signal = abortable() } = {}) =>
      createBusReader(bus.consumer(service, log), { signal }),
  }
}

function inMemory(): Promise<AnyBus> {
  const clock = systemClock()
  const bus = createMemoryBus(clock, quietLog)
  const earlyWriter = () => Promise.resolve(bus.open({ name: 'detector', log: quietLog, clock }).writer())
  return Promise.resolve({
    earlyWriter,
    writer: async () => ready(await earlyWriter()),
    reader: ({ service = 'http-exporter', log = quietLog, signal = abortable() } = {}) =>
      bus.open({ name: service, log, clock }).reader({ signal }),
  })
}

describe.each([
  { kind: 'nats-server', open: ofServer },
  { kind: 'memory', open: inMemory },
])('a bus of $kind', ({ open }) => {
  it('gives each lane of a reader everything in order, however slow another is, and waits for none in its books', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const reader = bus.reader({ service: 'external-exporter' })
    const told: string[] = []
    let finish: () => void = () => undefined
    const hang = async ({ id }: Event) => {
      told.push(`slow ${id}`)
      if (id === 'a') await new Promise<void>((resolve) => (finish = resolve))
    }
    reader.consume('EVENTS', { message: hang, gap: () => undefined }, { signal: abortable(), lane: 'slow' })
    const unreadable: unknown[] = []
    const quick = collect(reader, { lane: 'quick', onReadability: (why) => unreadable.push(why) })
    for (const id of ['a', 'b', 'c']) await writer.publishEvent(event(id))
    await expect.poll(() => quick.ids).toEqual(['a', 'b', 'c'])
    expect([told, unreadable]).toEqual([['slow a'], []])
    const { readers } = await writer.standingOf('EVENTS')
    expect(readers.map(({ service }) => service)).toEqual(['http-exporter', 'k8s-exporter'])
    finish()
    await expect.poll(() => told).toEqual(['slow a', 'slow b', 'slow c'])
  })

  it('gives back what was written, of every kind, and nothing of what was taken away', async () => {
    const writer = await (await open()).writer()
    const observation = { type: 'DiskFull', entity: 'disk:/', message: 'x'.repeat(4000) }
    const source = SourceCondition.fromPartial({ monitor: 'system', observation })
    await writer.put('conditions', source)
    await writer.put('node_conditions', condition('disk:/'))
    await writer.put('problems', problem('fp'))
    await writer.put('monitors', MonitorState.fromPartial({ name: 'system' }))
    const back = await writer.readBack()
    expect([back.sources, back.conditions, back.problems]).toEqual([[source], [condition('disk:/')], [problem('fp')]])
    expect(back.monitors.map(({ name }) => name)).toEqual(['system'])
    await writer.remove('conditions', { monitor: 'system', type: 'DiskFull', entity: 'disk:/' })
    await writer.remove('node_conditions', condition('disk:/'))
    await writer.remove('problems', { fingerprint: 'fp' })
    await writer.remove('monitors', { name: 'system' })
    expect(await writer.readBack()).toEqual({ sources: [], conditions: [], problems: [], monitors: [] })
  })

  it('is the same for who comes back, and empty for another boot or node', async () => {
    const bus = await open()
    const writer = await bus.earlyWriter()
    const first = await writer.ensureStore(IDENTITY)
    await writer.put('problems', problem('fp'))
    const second = await writer.ensureStore(IDENTITY)
    expect([first.fresh, second.fresh, second.meta.incarnation]).toEqual([true, false, first.meta.incarnation])
    expect((await writer.readBack()).problems).toHaveLength(1)
    for (const other of [
      { ...IDENTITY, bootId: 'boot-2' },
      { ...IDENTITY, node: 'n2' },
    ]) {
      const { meta, fresh } = await writer.ensureStore(other)
      expect([fresh, meta.incarnation === first.meta.incarnation]).toEqual([true, false])
      expect((await writer.readBack()).problems).toEqual([])
      await writer.put('problems', problem('fp'))
    }
  })

  it('is another for its readers when it was emptied, and is read anew', async () => {
    const bus = await open()
    const writer = await bus.writer()
    await writer.put('node_conditions', condition('disk:/'))
    const reader = bus.reader()
    const stores: string[] = []
    reader.onNewStore((incarnation) => stores.push(incarnation))
    const seen = follow(reader)
    await expect.poll(() => seen.now.size).toBe(1)
    const { meta } = await writer.ensureStore({ ...IDENTITY, bootId: 'boot-2' })
    await writer.put('node_conditions', condition('disk:/new'))
    await expect.poll(() => stores).toContain(meta.incarnation)
    await expect.poll(() => [...seen.now.values()].map(({ entity }) => entity)).toEqual(['disk:/new'])
  })

  it('takes nothing before it was made ready, and says so', async () => {
    const writer = await (await open()).earlyWriter()
    await expect(writer.put('problems', problem('fp'))).rejects.toThrow(
      'writing fp to problems: the store was not made ready',
    )
  })

  it('refuses what no message can hold, and takes the next', async () => {
    const writer = await (await open()).writer()
    await expect(writer.put('node_conditions', condition('disk:/', 'x'.repeat(300_000)))).rejects.toMatchObject({
      name: 'BusRefusedError',
      why: 'oversized',
      message: expect.stringMatching(
        /^writing DiskFull\.\S+ to node_conditions: it is 300\d\d\d bytes, a message may have 261120$/,
      ),
    })
    await expect(writer.publishEvent(event('e', 'x'.repeat(300_000)))).rejects.toMatchObject({ why: 'oversized' })
    expect(await taken(writer.put('problems', problem('fp')))).toBe(true)
  })

  it('lets a bucket that is full refuse, keeps a part for the detector, and takes others', async () => {
    const writer = await (await open()).writer()
    const large = (i: number, type = 'DiskFull') => ({ ...condition(`disk:/${i}`, 'x'.repeat(200_000)), type })
    let count = 0
    while (count < 200 && (await taken(writer.put('node_conditions', large(count))))) count++
    expect(count).toBeGreaterThan(70)
    expect(count).toBeLessThan(84)
    await expect(writer.put('node_conditions', large(count))).rejects.toMatchObject({ why: 'full' })
    expect(await taken(writer.put('node_conditions', large(0, 'MonitorUnreachable')))).toBe(true)
    expect(await taken(writer.put('node_conditions', condition('disk:/0', 'less')))).toBe(true)
    await writer.remove('node_conditions', condition('disk:/1'))
    expect(await taken(writer.put('node_conditions', large(1)))).toBe(true)
    expect(await taken(writer.put('problems', problem('fp')))).toBe(true)
  })

  it('knows who reads it', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const abort = new AbortController()
    bus.reader({ signal: abort.signal })
    await expect.poll(async () => [...(await writer.presentReaders())]).toEqual(['http-exporter'])
    expect(await writer.otherClients()).toBe(1)
    abort.abort()
    await expect.poll(() => writer.otherClients()).toBe(0)
  })

  it('gives the events that no reader has taken, the newest if there are too many', async () => {
    const bus = await open()
    const writer = await bus.writer()
    expect(await writer.untakenEvents(10)).toEqual([])
    const abort = new AbortController()
    const seen = collect(bus.reader(), { signal: abort.signal })
    for (const id of ['a', 'b']) await writer.publishEvent(event(id))
    await expect.poll(() => seen.ids).toEqual(['a', 'b'])
    await expect
      .poll(async () => (await writer.standingOf('EVENTS')).readers.find(({ service }) => service === 'http-exporter'))
      .toEqual({ service: 'http-exporter', takenUpTo: 2 })
    abort.abort()
    for (let i = 0; i < 150; i++) await writer.publishEvent(event(String(i)))
    const all = (await writer.untakenEvents(1000)).map(({ id }) => id)
    expect(all).toEqual(Array.from({ length: 150 }, (_, i) => String(i)))
    expect((await writer.untakenEvents(2)).map(({ id }) => id)).toEqual(['148', '149'])
    const after: [string, number][] = []
    await writer.eventsAfter('EVENTS', 150, ({ id }, sequence) => after.push([id, sequence]))
    expect(after).toEqual([
      ['148', 151],
      ['149', 152],
    ])
    expect(await writer.standingOf('EVENTS')).toMatchObject({ firstSequence: 1, lastSequence: 152 })
  })

  it('tells apart conditions whose texts look alike', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const entities = [
      '',
      '_',
      'a.b',
      'a b',
      'a\nb',
      'a_b',
      'a-b',
      'A-B',
      '*',
      '>',
      'é',
      'e\u0301',
      '\ud800',
      'x'.repeat(65_000),
    ]
    for (const entity of entities) await writer.put('node_conditions', condition(entity))
    const back = (await writer.readBack()).conditions.map(({ entity }) => entity)
    expect(back).toHaveLength(entities.length)
  })

  it('leaves alone what is written while it deletes', async () => {
    const bus = await open()
    const writer = await bus.writer()
    for (let i = 0; i < 50; i++) {
      await writer.put('problems', problem('fp'))
      await Promise.all([
        writer.remove('problems', { fingerprint: 'fp' }),
        writer.put('problems', Problem.fromPartial({ fingerprint: 'fp', generation: i })),
      ])
      expect((await writer.readBack()).problems.map(({ generation }) => generation)).toEqual([i])
    }
  })

  it('rejects what cannot be encoded, and writes the next', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const damaged = { ...problem('fp'), generation: 'three' as never }
    await expect(writer.put('problems', damaged)).rejects.toThrow()
    expect(await taken(writer.put('problems', problem('fp')))).toBe(true)
  })

  it('leaves out the longest lists of a monitor that no message can hold, and says so there', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const runs = Array.from({ length: 512 }, (_, i) => ({ check: `check-${i}`, error: 'e'.repeat(1500) }))
    await writer.put('monitors', MonitorState.fromPartial({ name: 'gpu', conditionTypes: ['GpuLost'], runs }))
    expect((await writer.readBack()).monitors).toMatchObject([
      {
        name: 'gpu',
        conditionTypes: ['GpuLost'],
        runs: [],
        lastViolations: [
          { text: 'what is known of it is more than the bus can hold: its 512 last runs are left out', count: 1 },
        ],
      },
    ])
  })

  it('has room for what is known of ours beside as many found plug-ins as there may be, each as large as it can', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const runs = Array.from({ length: 100 }, (_, i) => ({ check: `check-${i}`, error: 'e'.repeat(1500) }))
    const violations = Array.from({ length: 16 }, (_, i) => ({ text: `${i} ${'v'.repeat(1400)}`, count: 1 }))
    for (let i = 0; i < 128; i++) {
      const found = MonitorState.fromPartial({ name: `found-${i}`, origin: 'discovered', lastViolations: violations })
      expect(await taken(writer.put('monitors', { ...found, runs: MonitorState.fromPartial({ runs }).runs }))).toBe(
        true,
      )
    }
    const own = MonitorState.fromPartial({ name: 'system', origin: 'built-in', runs })
    await writer.put('monitors', own)
    expect((await writer.readBack()).monitors.find(({ name }) => name === 'system')).toEqual(own)
  })

  it("gives each of its own copy: what one does with a value is no other's", async () => {
    const bus = await open()
    const writer = await bus.writer()
    const written = condition('disk:/', 'as written')
    const seen = [follow(bus.reader()), follow(bus.reader({ service: 'k8s-exporter' }))]
    await expect.poll(() => seen.map(({ snapshots }) => snapshots)).toEqual([1, 1])
    await writer.put('node_conditions', written)
    await expect.poll(() => seen.map(({ now }) => now.size)).toEqual([1, 1])
    written.message = 'changed by the writer'
    for (const value of seen[0]?.now.values() ?? []) value.message = 'changed by a reader'
    expect([...(seen[1]?.now.values() ?? [])].map(({ message }) => message)).toEqual(['as written'])
    expect((await writer.readBack()).conditions.map(({ message }) => message)).toEqual(['as written'])
  })

  describe('a bucket', () => {
    it('is read whole at first and followed afterwards, deletions too', async () => {
      const bus = await open()
      const writer = await bus.writer()
      for (let i = 0; i < 200; i++) await writer.put('node_conditions', condition(`disk:/${i}`))
      const seen = follow(bus.reader())
      await expect.poll(() => seen.now.size).toBe(200)
      await writer.put('node_conditions', condition('disk:/7', 'changed'))
      await writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/8' })
      await expect.poll(() => seen.now.size).toBe(199)
      expect([...seen.now.values()].find(({ entity }) => entity === 'disk:/7')?.message).toBe('changed')
      expect((await writer.readBack()).conditions).toHaveLength(199)
      expect(seen.snapshots).toBe(1)
    })

    it('of thousands of keys is read whole', async () => {
      const bus = await open()
      const writer = await bus.writer()
      for (let from = 0; from < 3000; from += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, i) => writer.put('node_conditions', condition(`gpu:${from + i}`))),
        )
      const seen = follow(bus.reader())
      await expect.poll(() => seen.now.size, { timeout: 10_000 }).toBe(3000)
    })

    it('that is empty is told as empty', async () => {
      const bus = await open()
      await bus.writer()
      const seen = follow(bus.reader())
      await expect.poll(() => seen.snapshots).toBe(1)
      expect(seen.now.size).toBe(0)
    })

    it('never goes back to an older value, however its reading and its writing overlap', async () => {
      const bus = await open()
      const writer = await bus.writer()
      let isDone = false
      const writing = (async () => {
        for (let i = 0; i < 400; i++) await writer.put('node_conditions', condition('disk:/', String(i)))
        isDone = true
      })()
      const all: number[][] = []
      while (!isDone) {
        const own: number[] = []
        all.push(own)
        bus.reader().watchBucket(
          'node_conditions',
          {
            snapshot: (values) => own.push(...values.map(({ message }) => Number(message))),
            put: ({ message }) => void own.push(Number(message)),
            deleted: () => undefined,
          },
          abortable(),
        )
        await expect.poll(() => own.length).toBeGreaterThan(0)
      }
      await writing
      await expect.poll(() => all.every((own) => own.at(-1) === 399)).toBe(true)
      for (const own of all) expect(own).toEqual(own.toSorted((a, b) => a - b))
    })

    it('is no longer told of once its follower has had enough', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const reader = bus.reader()
      const abort = new AbortController()
      const heard: string[] = []
      reader.watchBucket(
        'node_conditions',
        {
          snapshot: () => void heard.push('snapshot'),
          put: ({ message }) => void heard.push(message),
          deleted: () => undefined,
        },
        abort.signal,
      )
      const other = follow(reader)
      await expect.poll(() => [heard, other.snapshots]).toEqual([['snapshot'], 1])
      abort.abort()
      await writer.put('node_conditions', condition('disk:/', 'unheard'))
      await expect.poll(() => other.puts).toEqual(['unheard'])
      expect(heard).toEqual(['snapshot'])
    })

    it('goes on when its follower throws', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const errors: string[] = []
      const log: BusLog = { ...quietLog, error: (message) => void errors.push(message) }
      const puts: string[] = []
      const fail = () => {
        throw new Error('of the follower')
      }
      bus.reader({ log }).watchBucket(
        'node_conditions',
        {
          snapshot: fail,
          put({ message }) {
            puts.push(message)
            fail()
          },
          deleted: () => undefined,
        },
        abortable(),
      )
      await expect.poll(() => errors).toHaveLength(1)
      await writer.put('node_conditions', condition('disk:/', 'a'))
      await writer.put('node_conditions', condition('disk:/', 'b'))
      await expect.poll(() => puts).toEqual(['a', 'b'])
      expect(errors).toHaveLength(3)
    })
  })

  describe('a stream', () => {
    it('is told in order, once, and from where its reader left it', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))
      const abort = new AbortController()
      const first = collect(bus.reader({ signal: abort.signal }), { signal: abort.signal })
      for (const id of names(0, 50)) await writer.publishEvent(event(id))
      await expect.poll(() => first.ids.length).toBe(50)
      const standing = async () => (await writer.standingOf('EVENTS')).readers
      await expect.poll(standing).toContainEqual({ service: 'http-exporter', takenUpTo: 50 })
      abort.abort()
      for (const id of names(50, 60)) await writer.publishEvent(event(id))
      const second = collect(bus.reader())
      await expect.poll(() => second.ids).toEqual(names(50, 60))
      expect([first.ids, first.gaps, second.gaps]).toEqual([names(0, 50), 0, 0])
    })

    it('is not handed on while its destination is away', async () => {
      const bus = await open()
      const writer = await bus.writer()
      let isReady = true
      const seen = collect(bus.reader(), { ready: () => isReady })
      await writer.publishEvent(event('a'))
      await expect.poll(() => seen.ids).toEqual(['a'])
      isReady = false
      await writer.publishEvent(event('b'))
      const other = collect(bus.reader({ service: 'k8s-exporter' }))
      await expect.poll(() => other.ids).toEqual(['a', 'b'])
      expect(seen.ids).toEqual(['a'])
      isReady = true
      await expect.poll(() => seen.ids, { timeout: 5_000 }).toEqual(['a', 'b'])
      expect(seen.redelivered).toBe(0)
    })

    it('that forgot what its reader had not taken says how much', { timeout: 30_000 }, async () => {
      const bus = await open()
      const writer = await bus.writer()
      const large = (i: number) => event(String(i), `R${'x'.repeat(60_000)}`)
      const count = 400
      for (let i = 0; i < count; i++) await writer.publishEvent(large(i))
      const { firstSequence, lastSequence } = await writer.standingOf('EVENTS')
      expect([lastSequence, firstSequence > 1]).toEqual([count, true])
      const seen = collect(bus.reader())
      await expect.poll(() => seen.ids.length, { timeout: 20_000 }).toBe(count - firstSequence + 1)
      expect(seen.gaps).toBe(firstSequence - 1)
    })

    it('asks a destination that is away again when that says that it may be back', async () => {
      const bus = await open()
      const writer = await bus.writer()
      let isReady = false
      let asked = 0
      const listeners = new Set<() => void>()
      const seen = collect(bus.reader(), {
        ready() {
          asked++
          return isReady
        },
        onReady(listener) {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
      })
      await writer.publishEvent(event('a'))
      await expect.poll(() => listeners.size).toBe(1)
      for (const listener of listeners) listener()
      await expect.poll(() => asked).toBeGreaterThan(1)
      await expect.poll(() => listeners.size).toBe(1)
      isReady = true
      for (const listener of listeners) listener()
      await expect.poll(() => seen.ids).toEqual(['a'])
      expect(listeners.size).toBe(0)
    })

    it('of info events is apart from those that matter', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const reader = bus.reader()
      const [events, info] = [collect(reader), collect(reader, { stream: 'EVENTS_INFO' })]
      await writer.publishEvent(event('w'))
      await writer.publishEvent(event('i', 'Fine', Severity.INFO))
      await writer.publishProblem(problem('fp'))
      await expect.poll(() => [events.ids, info.ids]).toEqual([['w'], ['i']])
    })

    it('delivers again what its reader did not take, before anything after it', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const told: string[] = []
      let refusals = 0
      bus.reader().consume(
        'EVENTS',
        {
          message: (value, { redelivered }) => {
            if (value.id === 'b' && refusals++ < 1) return Promise.reject(new Error('the destination is away'))
            told.push(redelivered ? `${value.id} again` : value.id)
            return Promise.resolve()
          },
          gap: () => undefined,
        },
        { signal: abortable() },
      )
      for (const id of ['a', 'b', 'c']) await writer.publishEvent(event(id))
      await expect.poll(() => told, { timeout: 10_000 }).toEqual(['a', 'b again', 'c'])
    })
  })

  describe('a value as the store has it now', () => {
    it('is the last that was written, under a number that grows, and none once it was taken away', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const reader = bus.reader({ service: 'remediator' })
      await expect.poll(() => reader.get('problems', { fingerprint: 'fp' }).catch(() => 'away')).toBeUndefined()
      await writer.put('problems', problem('fp'))
      const first = await reader.get('problems', { fingerprint: 'fp' })
      expect(first?.value).toEqual(problem('fp'))
      await writer.put('problems', problem('other'))
      await writer.put('problems', problem('fp', ProblemPhase.RESOLVED))
      const second = await reader.get('problems', { fingerprint: 'fp' })
      expect(second?.value).toEqual(problem('fp', ProblemPhase.RESOLVED))
      expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN)
      await writer.put('node_conditions', condition('disk:/'))
      expect((await reader.get('node_conditions', { type: 'DiskFull', entity: 'disk:/' }))?.value).toEqual(
        condition('disk:/'),
      )
      await writer.remove('problems', { fingerprint: 'fp' })
      expect(await reader.get('problems', { fingerprint: 'fp' })).toBeUndefined()
    })

    it('is not known before the store was made ready', async () => {
      const bus = await open()
      await bus.earlyWriter()
      const reader = bus.reader({ service: 'remediator' })
      await expect
        .poll(() => reader.get('problems', { fingerprint: 'fp' }).catch((err: Error) => err.name))
        .toBe('BusStoreError')
    })
  })

  describe('the records of repairs', () => {
    it('are told once each, in order, without ticks, and go on behind what the stream has', async () => {
      const bus = await open()
      await bus.writer()
      const journal = createJournal('j1')
      for (const what of ['a', 'b']) journal.began(what)
      journal.tick()
      const taken: number[] = []
      const message = ({ sequence }: RemediationRecord) => Promise.resolve(void taken.push(sequence))
      bus.reader().consume('REMEDIATIONS', { message, gap: () => undefined }, { signal: abortable() })
      const ending = new AbortController()
      const first = bus.reader({ service: 'remediator' }).publishRecords(journal, ending.signal)
      expect(await first.settled(5000)).toBe(true)
      ending.abort()
      journal.began('c')
      const second = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
      expect(await second.settled(5000)).toBe(true)
      journal.began('d')
      second.wake()
      await expect.poll(() => taken).toEqual([1, 2, 4, 5])
      expect([first.status(), second.status()]).toMatchObject([
        { told: 2, isWaiting: false },
        { told: 2, isWaiting: false, lastError: '' },
      ])
    })

    it('are all told again to a store that has none, and a journal that was begun anew from its beginning', async () => {
      const bus = await open()
      const writer = await bus.writer()
      const journal = createJournal('j1')
      for (const what of ['a', 'b', 'c']) journal.began(what)
      const publication = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
      await expect.poll(() => publication.status()).toMatchObject({ told: 3 })
      await writer.ensureStore({ ...IDENTITY, bootId: 'boot-2' })
      await expect.poll(() => publication.status().told, { timeout: 5000 }).toBe(6)
      journal.renew('j2')
      journal.began('new')
      publication.wake()
      const exporter = bus.reader()
      const held = async (limit: number): Promise<readonly string[]> => {
        const names: string[] = []
        await exporter.readRecords(limit, ({ journal: of, sequence }) => names.push(`${of}.${sequence}`)).catch(() => 0)
        return names
      }
      await expect.poll(() => held(100)).toEqual(['j1.1', 'j1.2', 'j1.3', 'j2.1'])
      expect(await held(2)).toEqual(['j1.3', 'j2.1'])
    })

    it('leave out what no message can hold, say so, and go on', async () => {
      const bus = await open()
      await bus.writer()
      const journal = createJournal('j1')
      journal.began('x'.repeat(300_000))
      journal.began('b')
      const publication = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
      await expect.poll(() => publication.status()).toMatchObject({ told: 1, refused: 1, isWaiting: false })
    })
  })

  describe('what is said without being kept', () => {
    it('is heard by those who listen, also when they came before the server', async () => {
      const bus = await open()
      const reader = bus.reader()
      const beats: number[] = []
      const samples: string[] = []
      const stop = reader.onHeartbeat(({ sequence }) => void beats.push(sequence))
      reader.onMetrics(({ monitor }) => void samples.push(monitor))
      const writer = await bus.writer()
      const beat = (sequence: number) =>
        writer.publishHeartbeat({
          node: 'n1',
          bootId: '',
          detectorIncarnation: 1,
          time: new Date(),
          version: '',
          sequence,
          waitingMs: 0,
          unstoredMs: 0,
          behind: [],
        })
      await expect
        .poll(() => {
          beat(7)
          writer.publishMetrics({ monitor: 'a.b c', samples: [], described: [] } as unknown as Parameters<
            typeof writer.publishMetrics
          >[0])
          return [beats.at(-1), samples.at(-1)]
        })
        .toEqual([7, 'a.b c'])
      stop()
      const before = samples.length
      beat(8)
      await expect
        .poll(() => {
          writer.publishMetrics({ monitor: 'a.b c', samples: [], described: [] } as unknown as Parameters<
            typeof writer.publishMetrics
          >[0])
          return samples.length
        })
        .toBeGreaterThan(before)
      expect(beats.at(-1)).toBe(7)
    })

    it('is heard in parts where samples are more than a message may hold', async () => {
      const bus = await open()
      const reader = bus.reader()
      const heard = new Set<string>()
      reader.onMetrics(({ samples }) => {
        for (const { name } of samples) heard.add(name)
      })
      const writer = await bus.writer()
      const samples = Array.from({ length: 2048 }, (_, i) => ({
        name: `s${i}`,
        value: i,
        labels: { a: 'x'.repeat(200) },
      }))
      await expect
        .poll(() => {
          writer.publishMetrics({ monitor: 'gpu', time: new Date(), samples, described: [] })
          return heard.size
        })
        .toBe(2048)
    })
  })
})
