import { headers, type Msg, type PublishOptions, type SubscriptionOptions } from 'nats'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../clock/testing.ts'
import { eventsAfter } from './read-events.ts'
import { readAfter } from './standing.ts'
import {
  abortable,
  collect,
  connectedDetector,
  event,
  jetStreamOf,
  pidOf,
  readerOf,
  start,
  writerOf,
} from './testing-readers.ts'
import type { BusWriter } from './types.ts'

async function idsAfter(writer: BusWriter, after: number): Promise<[string, number][]> {
  const seen: [string, number][] = []
  await writer.eventsAfter('EVENTS', after, ({ id }, sequence) => seen.push([id, sequence]))
  return seen
}

describe('what the writer knows of its streams', () => {
  it('is where each reader stands, who of them is there, and every event that one has not taken', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    expect(await writer.standingOf('EVENTS')).toMatchObject({
      lastSequence: 0,
      readers: [
        { service: 'http-exporter', takenUpTo: 0 },
        { service: 'k8s-exporter', takenUpTo: 0 },
      ],
    })
    expect(await idsAfter(writer, 0)).toEqual([])
    const count = 600
    await Promise.all(Array.from({ length: count }, (_, i) => writer.publishEvent(event(String(i)))))
    const seen = collect(readerOf(bus), { signal: abortable() })
    await expect.poll(() => seen.ids.length, { timeout: 10_000 }).toBe(count)
    await expect
      .poll(async () => (await writer.standingOf('EVENTS')).readers.map(({ takenUpTo }) => takenUpTo))
      .toEqual([count, 0])
    expect([...(await writer.presentReaders())]).toEqual(['http-exporter'])
    expect(await idsAfter(writer, 0)).toEqual(Array.from({ length: count }, (_, i) => [String(i), i + 1]))
    expect(await idsAfter(writer, count - 2)).toEqual([
      ['598', 599],
      ['599', 600],
    ])
    // Nothing of the reading stays with the server.
    const jsm = await jetStreamOf(bus)
    expect((await jsm.consumers.list('EVENTS').next()).map(({ name }) => name).sort()).toEqual([
      'http-exporter',
      'k8s-exporter',
    ])
    await jsm.streams.purge('EVENTS', { keep: 10 })
    expect(await writer.standingOf('EVENTS')).toMatchObject({ firstSequence: count - 9, lastSequence: count })
    expect(await idsAfter(writer, 0)).toHaveLength(10)
  })

  it('goes on after a stream that holds what is no event', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.publishEvent(event('a'))
    const detector = await connectedDetector(bus)
    await detector.connection('test').request('nd.event.warning.X', new Uint8Array([0xff, 0xff]))
    await writer.publishEvent(event('b'))
    expect(await idsAfter(writer, 0)).toEqual([
      ['a', 1],
      ['b', 3],
    ])
  })

  it.each([
    ['slow', 3],
    ['giving nothing', Number.POSITIVE_INFINITY],
  ])('is read to its end, or not at all, where the server is %s', async (_, times) => {
    const bus = await start()
    const writer = await writerOf(bus)
    for (const id of ['a', 'b']) await writer.publishEvent(event(id))
    const detector = await connectedDetector(bus)
    const nc = detector.connection('test')
    let asked = 0
    let say: SubscriptionOptions['callback']
    // The time of a question is over before anything is given.
    const slow = new Proxy(nc, {
      get(target, name) {
        if (name === 'subscribe')
          return (subject: string, options: SubscriptionOptions) => {
            say = options.callback
            return target.subscribe(subject, options)
          }
        if (name === 'publish')
          return (subject: string, body: string, options: PublishOptions) => {
            if (++asked > times) target.publish(subject, body, options)
            else say?.(null, { headers: headers(408, 'Request Timeout') } as Msg)
          }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const seen: number[] = []
    const reading = readAfter({ nc: slow, api: detector.api, clock: systemClock() }, 'EVENTS', 0, (_bytes, sequence) =>
      seen.push(sequence),
    )
    const outcome = await reading.catch((err: Error) => err.message)
    if (times === 3) expect([seen, outcome]).toEqual([[1, 2], undefined])
    else expect(outcome).toMatch(/reading EVENTS.*it gives nothing of what it has/)
  })

  it('is not waited for longer than 5 s where the server hangs in the middle of it', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const count = 300
    await Promise.all(Array.from({ length: count }, (_, i) => writer.publishEvent(event(String(i)))))
    const clock = fakeClock()
    const hasty = bus.detector(undefined, clock)
    await hasty.connected(AbortSignal.timeout(5000))
    const pid = await pidOf(bus)
    const hung = Promise.withResolvers<void>()
    // A batch is handed on when all of it is there, be it all that was asked for or, of a slow server, less: with the first
    // of its events it has ended, and the next one, which there is in any case, is asked for in the same turn.
    let isHung = false
    const reading = eventsAfter(hasty, { stream: 'EVENTS', after: 0 }, () => {
      if (isHung) return
      isHung = true
      process.kill(pid, 'SIGSTOP')
      hung.resolve()
    })
    const outcome = reading.catch((err: Error) => err.message)
    try {
      await hung.promise
      await clock.advance(5000)
      expect(await outcome).toMatch(/reading EVENTS.*no answer in time/)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }, 30_000)
})
