import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BusWriter } from '#bus'
import { createBusReader, createBusWriter } from '#bus/nats'
import type { NodeEvent, Severity } from '#model'
import { toProtoEvent } from '#wire'
import { startTestBus, type TestBus } from '../../../libs/bus/testing.ts'
import { event } from '../../../libs/model/testing.ts'
import { createEventLedger, type EventLedger, type EventWrites } from './ledger.ts'

let bus: TestBus
let writer: BusWriter
const aborts: AbortController[] = []
beforeEach(async () => {
  bus = await startTestBus()
  const detector = bus.detector()
  await detector.connected(AbortSignal.timeout(5000))
  writer = createBusWriter(detector)
  await writer.ensureStore({ node: 'n', bootId: 'b' })
})
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort()
  await bus.close()
})

const clock = { ms: 0 }
function createLedger(errors: unknown[] = []): EventLedger {
  return createEventLedger({
    monotonicMs: () => clock.ms,
    isDiscovered: () => true,
    isReady: () => true,
    onError: (err) => errors.push(err),
  })
}

let made = 0
function happened(severity: Severity = 'warning'): NodeEvent {
  made++
  return { ...event('log', 'Xid', { severity }), id: `e${made}`, message: '\u6ce8'.repeat(1000) }
}

/** Tells events until there is no room for one more; returns how many there was room for. */
async function fill(ledger: EventLedger, writes: EventWrites, severity: Severity = 'warning'): Promise<number> {
  for (let told = 0; ; told++) {
    const one = happened(severity)
    if (!ledger.offer(one)) return told
    await writes.publishEvent(toProtoEvent(one))
  }
}

function read(service: string): { readonly ids: string[] } {
  const abort = new AbortController()
  aborts.push(abort)
  const ids: string[] = []
  createBusReader(bus.consumer(service), { signal: abort.signal }).consume(
    'EVENTS',
    {
      message: ({ id }) => {
        ids.push(id)
        return Promise.resolve()
      },
      gap: () => undefined,
    },
    { signal: abort.signal },
  )
  return { ids }
}

/** A second later, again and again, until there is room for one more. */
async function roomAgain(ledger: EventLedger): Promise<void> {
  await expect
    .poll(
      async () => {
        clock.ms += 1000
        await ledger.look()
        return ledger.offer(happened())
      },
      { timeout: 10_000 },
    )
    .toBe(true)
}

describe('the books of the streams of events', () => {
  it('have room again once both readers took what was there, not when one did', async () => {
    const ledger = createLedger()
    const writes = await ledger.open(writer)
    const told = await fill(ledger, writes)
    expect(told).toBeGreaterThan(100)
    const http = read('http-exporter')
    await expect.poll(() => http.ids.length, { timeout: 10_000 }).toBe(told)
    clock.ms += 1000
    await ledger.look()
    expect(ledger.offer(happened())).toBe(false)
    read('k8s-exporter')
    await roomAgain(ledger)
  })

  it('wait for no reader that is away for ten minutes', async () => {
    const ledger = createLedger()
    const told = await fill(ledger, await ledger.open(writer))
    const http = read('http-exporter')
    await expect.poll(() => http.ids.length, { timeout: 10_000 }).toBe(told)
    for (let minutes = 0; minutes < 12; minutes++) {
      expect(ledger.offer(happened())).toBe(false)
      clock.ms += 59_000
      await ledger.look()
    }
    expect(ledger.offer(happened())).toBe(true)
  })

  it('are the same in the next life, and apart for what is info', async () => {
    const first = createLedger()
    const told = await fill(first, await first.open(writer))
    const infos = await fill(first, await first.open(writer), 'info')
    expect(infos).toBeGreaterThan(0)
    const second = createLedger()
    const writes = await second.open(writer)
    expect(second.offer(happened())).toBe(false)
    expect(second.offer(happened('info'))).toBe(false)
    expect(second.offer(happened('critical'))).toBe(true)
    expect(await fill(second, writes, 'critical')).toBeLessThanOrEqual(told + 1)
  })

  it('begin empty where the bus does not say what it holds, and the bus is used all the same', async () => {
    const errors: unknown[] = []
    const ledger = createLedger(errors)
    const mute = { ...writer, standingOf: () => Promise.reject(new Error('no answer')) }
    const writes = await ledger.open(mute)
    expect(errors).toEqual([new Error('no answer'), new Error('no answer')])
    expect(await writes.publishEvent(toProtoEvent(happened()))).toBe(1)
  })

  it('give back what was lost on its way', async () => {
    const ledger = createLedger()
    await ledger.open(writer)
    const sent: NodeEvent[] = []
    for (let one = happened(); ledger.offer(one); one = happened()) sent.push(one)
    for (const one of sent) ledger.lost(one)
    expect(ledger.offer(happened())).toBe(true)
  })
})
