import { describe, expect, it } from 'vitest'
import { Severity } from '#proto/nodedoctor/v1/types.ts'
import { abortable, collect, event, problem } from '../testing-readers.ts'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('a stream of a bus of $kind', ({ open }) => {
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
