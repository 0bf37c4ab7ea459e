import { describe, expect, it } from 'vitest'
import { quietLog } from '../testing.ts'
import { abortable, condition, follow } from '../testing-readers.ts'
import type { BusLog } from '../types.ts'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('a bucket of a bus of $kind', ({ open }) => {
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
