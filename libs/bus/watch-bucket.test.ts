import { describe, expect, it } from 'vitest'
import { createBusReader } from './reader.ts'
import { quietLog } from './testing.ts'
import {
  abortable,
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
import type { BusLog } from './types.ts'

describe('a bucket', () => {
  it('is read whole at first and followed afterwards, deletions too', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    for (let i = 0; i < 200; i++) await writer.put('node_conditions', condition(`disk:/${i}`))
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.now.size).toBe(200)
    await writer.put('node_conditions', condition('disk:/7', 'changed'))
    await writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/8' })
    await expect.poll(() => seen.now.size).toBe(199)
    expect([...seen.now.values()].find(({ entity }) => entity === 'disk:/7')?.message).toBe('changed')
    expect((await writer.readBack()).conditions).toHaveLength(199)
    expect(seen.snapshots).toBe(1)
  })

  it('of thousands of keys is read whole', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    for (let from = 0; from < 3000; from += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => writer.put('node_conditions', condition(`gpu:${from + i}`))),
      )
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.now.size, { timeout: 10_000 }).toBe(3000)
  })

  it('that is empty is told as empty', async () => {
    const bus = await start()
    await writerOf(bus)
    const seen = follow(readerOf(bus))
    await expect.poll(() => seen.snapshots).toBe(1)
    expect(seen.now.size).toBe(0)
  })

  it('never goes back to an older value, however its reading and its writing overlap', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    let isDone = false
    const writing = (async () => {
      for (let i = 0; i < 400; i++) await writer.put('node_conditions', condition('disk:/', String(i)))
      isDone = true
    })()
    const all: number[][] = []
    while (!isDone) {
      const own: number[] = []
      all.push(own)
      readerOf(bus).watchBucket(
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

  it('goes on when its follower throws', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const errors: string[] = []
    const log: BusLog = { ...quietLog, error: (message) => void errors.push(message) }
    const puts: string[] = []
    createBusReader(bus.consumer('http-exporter', log), { signal: abortable() }).watchBucket(
      'node_conditions',
      {
        snapshot() {
          throw new Error('of the follower')
        },
        put({ message }) {
          puts.push(message)
          throw new Error('of the follower')
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

  it('is no longer told of once its follower has had enough', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const reader = readerOf(bus)
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
