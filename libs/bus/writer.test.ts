import { describe, expect, it } from 'vitest'
import { readBucket } from './bucket.ts'
import { BusStoreError, BusUnavailableError } from './errors.ts'
import { asking } from './keep.ts'
import {
  condition,
  connectedDetector,
  event,
  follow,
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

describe('the writer of the bus', () => {
  it('refuses at once what the bus is not there for', async () => {
    const bus = await start()
    const detector = await connectedDetector(bus)
    const writer = createBusWriter(detector)
    await writer.ensureStore(IDENTITY)
    await bus.server.stop()
    await expect.poll(() => detector.state).toBe('disconnected')
    await expect(writer.put('problems', problem('fp'))).rejects.toThrow(BusUnavailableError)
    await expect(writer.publishEvent(event('a'))).rejects.toThrow(BusUnavailableError)
    expect(() => writer.publishMetrics({ monitor: 'x', samples: [] } as never)).not.toThrow()
  })

  it('does not wait for the answers of a server that was killed', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    process.kill(await pidOf(bus), 'SIGSTOP')
    const writes = Array.from({ length: 20 }, (_, i) => taken(writer.publishEvent(event(String(i)))))
    const startedMs = performance.now()
    process.kill(await pidOf(bus), 'SIGKILL')
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 20 }, () => false))
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})

describe('a store at its limit', () => {
  it('lets streams forget their oldest, and a bucket refuse without harm to others', async () => {
    const bus = await start()
    const detector = await connectedDetector(bus)
    const writer = createBusWriter(detector)
    await writer.ensureStore(IDENTITY)
    const jsm = await jetStreamOf(bus)
    await jsm.streams.update('EVENTS', { max_bytes: 4096 })
    await jsm.streams.update('KV_node_conditions', { max_bytes: 8192 })
    for (let i = 0; i < 200; i++) await writer.publishEvent(event(String(i)))
    expect((await jsm.streams.info('EVENTS')).state.bytes).toBeLessThanOrEqual(4096)
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => writer.put('node_conditions', condition(`disk:/${i}`, 'x'.repeat(200)))),
    )
    const refused = results.filter((one) => one.status === 'rejected').map(({ reason }) => reason)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]).toBeInstanceOf(BusStoreError)
    expect(String(refused[0])).toContain('maximum bytes exceeded')
    // A restart would not help.
    expect(detector.trouble.sinceMs()).toBeUndefined()
    expect(await taken(writer.put('problems', problem('fp')))).toBe(true)
    // What is there may get smaller, and go.
    expect(await taken(writer.put('node_conditions', condition('disk:/0', '')))).toBe(true)
    expect(await taken(writer.remove('node_conditions', condition('disk:/1')))).toBe(true)
    await writer.ensureStore(IDENTITY)
    expect(await taken(writer.put('node_conditions', condition('disk:/again')))).toBe(true)
  })

  it('tells readers what it could not keep, and they agree with it after the next connection', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.snapshots).toBe(1)
    await (await jetStreamOf(bus)).streams.update('KV_node_conditions', { max_bytes: 200 })
    expect(await taken(writer.put('node_conditions', condition('disk:/', 'x'.repeat(500))))).toBe(false)
    await expect.poll(() => seen.now.size).toBe(1)
    process.kill(await pidOf(bus), 'SIGKILL')
    await expect.poll(() => [seen.snapshots, seen.now.size], { timeout: 10_000 }).toEqual([2, 0])
  })

  it('lets a value go away all the same, and readers hear of it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.snapshots).toBe(1)
    await writer.put('node_conditions', condition('disk:/', 'x'.repeat(500)))
    await expect.poll(() => seen.now.size).toBe(1)
    const jsm = await jetStreamOf(bus)
    const { state } = await jsm.streams.info('KV_node_conditions')
    await jsm.streams.update('KV_node_conditions', { max_bytes: state.bytes + 10 })
    await expect(writer.put('node_conditions', condition('disk:/var'))).rejects.toMatchObject({ why: 'full' })
    await writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/' })
    await expect.poll(() => [...seen.now.values()].map(({ entity }) => entity)).not.toContain('disk:/')
    expect((await writer.readBack()).conditions).toEqual([])
    await writer.put('node_conditions', condition('disk:/var'))
    expect((await writer.readBack()).conditions).toMatchObject([{ entity: 'disk:/var' }])
  })

  it('refuses what no message can hold before it is sent, and stays connected', async () => {
    const bus = await start()
    const detector = await connectedDetector(bus)
    const writer = createBusWriter(detector)
    await writer.ensureStore(IDENTITY)
    await expect(writer.put('node_conditions', condition('disk:/', 'x'.repeat(300_000)))).rejects.toMatchObject({
      name: 'BusRefusedError',
      why: 'oversized',
      message: expect.stringMatching(
        /^writing DiskFull\.\S+ to node_conditions: it is 300\d\d\d bytes, a message may have 261120$/,
      ),
    })
    await expect(writer.publishEvent(event('e', 'x'.repeat(300_000)))).rejects.toMatchObject({ why: 'oversized' })
    expect([detector.state, detector.trouble.sinceMs()]).toEqual(['connected', undefined])
  })

  it('tells 2048 samples at their longest in parts, and none of them ends the process', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const heard = new Set<string>()
    const reader = readerOf(bus)
    reader.onMetrics(({ samples }) => {
      for (const { name } of samples) heard.add(name)
    })
    const sample = (i: number, size = 1000) => ({ name: `m${i}`, labels: { check: 'x'.repeat(size) }, value: i })
    const samples = [sample(-1, 300_000), ...Array.from({ length: 2048 }, (_, i) => sample(i))]
    await expect
      .poll(
        () => {
          writer.publishMetrics({ monitor: 'm', time: new Date(), samples, described: [] })
          return heard.size
        },
        { timeout: 10_000, interval: 500 },
      )
      .toBe(2048)
  })

  it('takes the empty bucket of a detector without a key', async () => {
    const bus = await start()
    const detector = await connectedDetector(bus)
    await writerOf(bus)
    expect(await readBucket(asking(detector, 'test'), 'problems')).toEqual([])
  })
})
