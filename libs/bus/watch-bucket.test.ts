import { describe, expect, it } from 'vitest'
import {
  condition,
  connectedDetector,
  follow,
  IDENTITY,
  jetStreamOf,
  pidOf,
  readerOf,
  start,
  taken,
  writerOf,
} from './testing-readers.ts'

describe('a bucket', () => {
  it('shows a key that goes and comes while it is written by one life of the writer after another', async () => {
    const bus = await start()
    const first = await writerOf(bus)
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.snapshots).toBe(1)
    await first.put('node_conditions', condition('disk:/', 'of the first'))
    await expect.poll(() => seen.puts).toEqual(['of the first'])
    // A restarted detector whose clock was stepped back: its word counts all the same.
    const second = await writerOf(bus)
    await second.put('node_conditions', condition('disk:/', 'of the second'))
    await second.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/' })
    await second.put('node_conditions', condition('disk:/', 'again'))
    await expect.poll(() => seen.puts).toEqual(['of the first', 'of the second', 'again'])
    expect(seen.deleted).toHaveLength(1)
    expect(seen.now.size).toBe(1)
  })

  it('is read anew after each reconnection, each change told once', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = follow(readerOf(bus))
    await writer.put('node_conditions', condition('disk:/', '0'))
    await expect.poll(() => seen.now.size).toBe(1)
    for (let round = 1; round <= 3; round++) {
      process.kill(await pidOf(bus), 'SIGKILL')
      await expect
        .poll(() => taken(writer.put('node_conditions', condition('disk:/', `lost ${round}`))), { timeout: 10_000 })
        .toBe(true)
      await expect.poll(() => seen.snapshots, { timeout: 10_000 }).toBe(round + 1)
      seen.puts.length = 0
      await writer.put('node_conditions', condition('disk:/', String(round)))
      await expect.poll(() => seen.puts.at(-1)).toBe(String(round))
      expect(seen.puts.filter((message) => message === String(round))).toHaveLength(1)
    }
  })

  it('is read anew, and each change told once, when the store is another', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.put('node_conditions', condition('disk:/old'))
    const reader = readerOf(bus)
    const seen = follow(reader)
    const stores: string[] = []
    reader.onNewStore((incarnation) => stores.push(incarnation))
    await expect.poll(() => seen.now.size).toBe(1)
    const { fresh, meta } = await writer.ensureStore({ ...IDENTITY, bootId: 'boot-2' })
    expect(fresh).toBe(true)
    await expect.poll(() => stores).toEqual([meta.incarnation])
    await expect.poll(() => [seen.snapshots, seen.now.size]).toEqual([2, 0])
    await writer.put('node_conditions', condition('disk:/new', 'once'))
    await expect.poll(() => seen.puts).toEqual(['once'])
  })

  it('steps over a value that cannot be decoded, and counts it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const poison: string[] = []
    const nc = (await connectedDetector(bus)).connection('test')
    const damaged = new Uint8Array([255, 255, 255])
    await nc.jetstream().publish('$KV.node_conditions.early', damaged)
    const seen = follow(readerOf(bus, 'http-exporter', (where) => poison.push(where)))
    await expect.poll(() => seen.snapshots).toBe(1)
    await nc.jetstream().publish('$KV.node_conditions.late', damaged)
    await writer.put('node_conditions', condition('disk:/'))
    await expect.poll(() => seen.now.size).toBe(1)
    expect(poison).toEqual(['node_conditions', 'node_conditions'])
    expect((await writer.readBack()).conditions).toEqual([condition('disk:/')])
  })
})

describe('the store', () => {
  it('that was deleted under a running reader is made anew, and everything is read again', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.put('node_conditions', condition('disk:/'))
    const reader = readerOf(bus)
    const seen = follow(reader)
    const stores: string[] = []
    reader.onNewStore((incarnation) => stores.push(incarnation))
    await expect.poll(() => seen.now.size).toBe(1)
    const jsm = await jetStreamOf(bus)
    for (const { config } of await jsm.streams.list().next()) await jsm.streams.delete(config.name)
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(true)
    await writer.put('node_conditions', condition('disk:/new'))
    await expect.poll(() => stores.length).toBe(1)
    await expect.poll(() => [...seen.now.values()].map(({ entity }) => entity)).toEqual(['disk:/new'])
  })
})
