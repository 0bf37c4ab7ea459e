import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nanos } from 'nats'
import { describe, expect, it } from 'vitest'
import { Severity } from '#proto/nodedoctor/v1/types.ts'
import { SERVICES } from '#service-table'
import { CONSUMERS, consumersOf, STORE_BYTES, STREAMS } from './layout.ts'
import { quietLog } from './testing.ts'
import {
  collect,
  condition,
  connectedDetector,
  event,
  IDENTITY,
  jetStreamOf,
  problem,
  readerOf,
  start,
  taken,
  writerOf,
} from './testing-readers.ts'
import { createBusWriter } from './writer.ts'

describe('the store', () => {
  it('has the streams, buckets and durables of the layout, each within its limits', async () => {
    const bus = await start()
    await writerOf(bus)
    const jsm = await jetStreamOf(bus)
    for (const { name, maxAgeMs, maxBytes } of STREAMS) {
      const { config } = await jsm.streams.info(name)
      expect(config).toMatchObject({
        max_age: nanos(maxAgeMs),
        max_bytes: maxBytes,
        discard: 'old',
        storage: 'file',
        duplicate_window: nanos(100),
      })
    }
    for (const { durables, streams } of CONSUMERS)
      for (const [stream, durable] of streams.flatMap((name) => durables.map((one) => [name, one] as const))) {
        const { config } = await jsm.consumers.info(stream, durable)
        expect(config).toMatchObject({ max_ack_pending: 1, ack_policy: 'explicit', ack_wait: nanos(10_000) })
      }
    const all = await jsm.streams.list().next()
    expect(all.reduce((sum, { config }) => sum + config.max_bytes, 0)).toBe(STORE_BYTES)
  })

  it('fits a server that grants just what its limits add up to, and no less', async () => {
    await expect(writerOf(await start({ maxStoreBytes: STORE_BYTES }))).resolves.toBeDefined()
    await expect(writerOf(await start({ maxStoreBytes: STORE_BYTES - 1 }))).rejects.toThrow(/insufficient storage/)
  })

  it('has the durables of the lanes that are asked for, keeps where they stand, and has none of those that are no more', async () => {
    const bus = await start({ lanes: { 'exporters.external': ['a', 'b'] } })
    const writer = await writerOf(bus)
    const seen = collect(readerOf(bus, 'external-exporter'), { lane: 'a' })
    await writer.publishEvent(event('one'))
    await expect.poll(() => seen.ids).toEqual(['one'])
    const jsm = await jetStreamOf(bus)
    const lanes = async () => {
      const all = await jsm.consumers.list('EVENTS').next()
      return all
        .map(({ name }) => name)
        .filter((name) => name.startsWith('external-exporter'))
        .toSorted()
    }
    expect(await lanes()).toEqual(['external-exporter_a', 'external-exporter_b'])
    const consumers = consumersOf(SERVICES, { 'exporters.external': ['a', 'c'] })
    await createBusWriter(await connectedDetector(bus), consumers).ensureStore(IDENTITY)
    expect(await lanes()).toEqual(['external-exporter_a', 'external-exporter_c'])
    expect((await jsm.consumers.info('EVENTS', 'external-exporter_a')).ack_floor.stream_seq).toBe(1)
    await createBusWriter(await connectedDetector(bus)).ensureStore(IDENTITY)
    expect(await lanes()).toEqual([])
    await expect(jsm.consumers.info('EVENTS', 'k8s-exporter')).resolves.toBeDefined()
  })

  it('is left as it is when it is as it should be', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.put('node_conditions', condition('disk:/'))
    await writer.publishEvent(event('a'))
    const jsm = await jetStreamOf(bus)
    const before = await jsm.streams.info('EVENTS')
    const { fresh, meta } = await writer.ensureStore(IDENTITY)
    const again = await writer.ensureStore(IDENTITY)
    expect([fresh, again.fresh]).toEqual([false, false])
    expect(again.meta).toEqual(meta)
    expect((await jsm.streams.info('EVENTS')).created).toEqual(before.created)
    expect((await writer.readBack()).conditions).toHaveLength(1)
  })

  it('that somebody configured otherwise is set right, and keeps what it holds', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.publishEvent(event('a'))
    const jsm = await jetStreamOf(bus)
    await jsm.streams.update('EVENTS', { max_bytes: 4096, max_age: nanos(60_000) })
    await jsm.consumers.update('EVENTS', 'http-exporter', { ack_wait: nanos(60_000), max_ack_pending: 50 })
    await jsm.consumers.delete('PROBLEMS', 'http-exporter')
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(false)
    const { config, state } = await jsm.streams.info('EVENTS')
    expect([config.max_bytes, config.max_age, state.messages]).toEqual([16 * 1024 * 1024, nanos(86_400_000), 1])
    expect((await jsm.consumers.info('EVENTS', 'http-exporter')).config).toMatchObject({
      ack_wait: nanos(10_000),
      max_ack_pending: 1,
    })
    await expect(jsm.consumers.info('PROBLEMS', 'http-exporter')).resolves.toBeDefined()
  })

  it('with a stream or durable that cannot be changed has it made anew, and says that it is fresh', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const { meta } = await writer.ensureStore(IDENTITY)
    const jsm = await jetStreamOf(bus)
    await jsm.streams.update('EVENTS_INFO', { sealed: true } as never)
    const made = await writer.ensureStore(IDENTITY)
    expect(made.fresh).toBe(true)
    expect(made.meta.incarnation).not.toBe(meta.incarnation)
    expect((await jsm.streams.info('EVENTS_INFO')).config).toMatchObject({ sealed: false, storage: 'file' })
    const seen = collect(readerOf(bus), { stream: 'EVENTS_INFO' })
    await writer.publishEvent(event('a', 'Fine', Severity.INFO))
    await expect.poll(() => seen.ids).toEqual(['a'])
  })

  it('of another boot or another node is emptied: what it says is not true any more', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const first = await writer.ensureStore(IDENTITY)
    for (const identity of [
      { node: 'n1', bootId: 'boot-2' },
      { node: 'n2', bootId: 'boot-2' },
    ]) {
      await writer.put('node_conditions', condition('disk:/'))
      await writer.put('problems', problem('fp'))
      await writer.publishEvent(event('a'))
      const { fresh, meta } = await writer.ensureStore(identity)
      expect(fresh).toBe(true)
      expect(meta).toMatchObject(identity)
      expect(meta.incarnation).not.toBe(first.meta.incarnation)
      expect(await writer.readBack()).toEqual({ sources: [], conditions: [], problems: [], monitors: [] })
      expect((await (await jetStreamOf(bus)).streams.info('EVENTS')).state.last_seq).toBe(0)
    }
  })

  it('is fresh again after a death at any point of its making', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const jsm = await jetStreamOf(bus)
    const all = (await jsm.streams.list().next()).map(({ config }) => config.name)
    for (const missing of all.filter((name) => name !== 'KV_meta')) {
      const before = await writer.ensureStore(IDENTITY)
      // As left by a detector that died after it emptied KV_meta and deleted this one.
      await jsm.streams.purge('KV_meta')
      await jsm.streams.delete(missing)
      const after = await writer.ensureStore(IDENTITY)
      expect([missing, before.fresh, after.fresh]).toEqual([missing, false, true])
    }
    await jsm.streams.purge('KV_meta')
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(true)
  })

  it('whose durable is ahead of its stream gets a new one', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = collect(readerOf(bus))
    for (const id of ['a', 'b', 'c']) await writer.publishEvent(event(id))
    await expect.poll(() => seen.ids).toEqual(['a', 'b', 'c'])
    // The durable's files outlive the stream's messages.
    await bus.server.stop()
    const folder = join(bus.dir, 'bus', 'jetstream', 'ND', 'streams', 'EVENTS', 'msgs')
    for (const file of await readdir(folder)) await rm(join(folder, file))
    const next = await start({ dir: bus.dir, port: bus.port })
    const second = createBusWriter(await connectedDetector(next))
    await second.ensureStore(IDENTITY)
    await second.publishEvent(event('d'))
    await expect.poll(() => seen.ids.at(-1), { timeout: 10_000 }).toBe('d')
  })

  it('whose files were damaged takes writes again', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.publishEvent(event('a'))
    await writer.put('problems', problem('fp'))
    await bus.server.stop()
    const streams = join(bus.dir, 'bus', 'jetstream', 'ND', 'streams')
    await writeFile(join(streams, 'EVENTS', 'meta.inf'), 'garbage')
    await rm(join(streams, 'KV_problems', 'meta.inf'))
    await writeFile(join(streams, 'PROBLEMS', 'obs', 'http-exporter', 'o.dat'), 'garbage')
    const next = await start({ dir: bus.dir, port: bus.port, log: quietLog })
    const second = createBusWriter(await connectedDetector(next))
    expect((await second.ensureStore(IDENTITY)).fresh).toBe(true)
    expect(await taken(second.put('problems', problem('fp')))).toBe(true)
    expect(await taken(second.publishEvent(event('b')))).toBe(true)
  })
})
