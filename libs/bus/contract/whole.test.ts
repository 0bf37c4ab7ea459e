import { describe, expect, it } from 'vitest'
import { type Event, MonitorState, Problem, SourceCondition } from '#proto/nodedoctor/v1/types.ts'
import { abortable, collect, condition, event, follow, IDENTITY, problem, taken } from '../testing-readers.ts'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('a bus of $kind', ({ open }) => {
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
})
