import { getEventListeners, once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDeadline } from './deadline.ts'
import { createSlowness, longestMs, patiently } from './patience.ts'
import { systemClock } from './system.ts'
import { fakeClock } from './testing.ts'
import { unlessAborted, within } from './within.ts'

function told(clock = fakeClock(), ms = 5000) {
  const acts: number[] = []
  const began = clock.monotonicMs()
  const callOff = patiently(clock, ms, () => acts.push(clock.monotonicMs() - began))
  return { clock, acts, callOff }
}

describe('patience', () => {
  it('ends at its limit where the process had time to listen', async () => {
    const { clock, acts } = told()
    await clock.advance(5000)
    expect(acts).toEqual([5000])
  })

  it('does not count what the process was without a processor, however often', async () => {
    const { clock, acts } = told()
    clock.starve(20_000)
    await clock.advance(4000)
    expect(acts).toEqual([])
    clock.starve(20_000)
    await clock.advance(1000)
    expect(acts).toEqual([])
    await clock.advance(5000)
    expect(acts).toHaveLength(1)
  })

  it('finds who hangs in a process that is starved too: what it waited counts', async () => {
    const { clock, acts } = told()
    for (let s = 0; s < 12; s++) {
      clock.starve(1000)
      await clock.advance(1000)
    }
    expect(acts[0]).toBeLessThanOrEqual(12_000)
  })

  it.each([500, 5000, 120_000])(
    'of %i ms forgives a minute at most, and reads what came before it ends',
    async (ms) => {
      const { clock, acts } = told(fakeClock(), ms)
      for (let s = 0; s < 300; s++) {
        clock.starve(990)
        await clock.advance(10)
      }
      expect(acts[0]).toBeGreaterThanOrEqual(ms + 60_000)
      expect(acts[0]).toBeLessThanOrEqual(longestMs(ms) + 1000)
    },
  )

  it('reads first what came while the own work held the loop', async () => {
    const clock = { ...systemClock(), starvation: () => ({ livedMs: 0, activeMs: 0, starvedMs: 0 }) }
    const { promise, resolve } = Promise.withResolvers<string>()
    const server = createServer((socket) => socket.end('here')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    const callOff = patiently(clock, 100, () => resolve('nobody answered'))
    socket.once('data', (text) => {
      callOff()
      resolve(String(text))
    })
    for (const endMs = performance.now() + 300; performance.now() < endMs; );
    expect(await promise).toBe('here')
  })

  it('of who waits for nobody but this process itself forgives all', async () => {
    const clock = fakeClock()
    let isOver = false
    patiently(clock, 3000, () => (isOver = true), Number.POSITIVE_INFINITY)
    for (let s = 0; s < 200; s++) {
      clock.starve(990)
      await clock.advance(10)
    }
    expect(isOver).toBe(false)
    await clock.advance(6000)
    expect(isOver).toBe(true)
  })

  it('that was stopped for longer than it forgives reads what came meanwhile', async () => {
    const clock = fakeClock()
    const answer = Promise.withResolvers<string>()
    const outcome = within(clock, answer.promise, 5000, () => 'late')
    clock.starve(600_000)
    await clock.advance(1)
    answer.resolve('answered')
    await expect(outcome).resolves.toBe('answered')
  })

  it('is called off', async () => {
    const { clock, acts, callOff } = told()
    clock.starve(6000)
    await clock.advance(1)
    callOff()
    await clock.advance(60_000)
    expect([acts, clock.sleeping]).toEqual([[], 0])
  })

  it('takes an answer that came while nobody could read it', async () => {
    const clock = fakeClock()
    const answer = Promise.withResolvers<string>()
    const outcome = within(clock, answer.promise, 5000, () => 'late')
    clock.starve(20_000)
    await clock.advance(1)
    answer.resolve('answered')
    await expect(outcome).resolves.toBe('answered')
  })

  it('is what a deadline has that messages move on', async () => {
    const clock = fakeClock()
    const acts: number[] = []
    const began = clock.monotonicMs()
    const dueMs = began + 10_000
    const deadline = createDeadline(clock, { dueMs: () => dueMs }, () => acts.push(clock.monotonicMs() - began))
    for (let s = 0; s < 9; s++) {
      clock.starve(500)
      await clock.advance(500)
    }
    await clock.advance(1500)
    expect(acts).toEqual([])
    await clock.advance(4000)
    expect(acts).toHaveLength(1)
    deadline.end()
  })
})

describe('how slow a process is', () => {
  it('is how many times as long as with a processor of its own it needed in the last half minute', () => {
    const clock = fakeClock()
    const slowness = createSlowness(clock)
    clock.pass(1000)
    expect(slowness()).toBe(1)
    clock.starve(3000)
    expect(slowness()).toBe(4)
    for (let s = 0; s < 60; s++) {
      clock.pass(1000)
      slowness()
    }
    expect(slowness()).toBe(1)
  })

  it('of one that was well for days is known 30 s after its processor was taken, and of one that begins after a second', () => {
    const clock = fakeClock()
    clock.pass(3 * 86_400_000)
    const slowness = createSlowness(clock)
    clock.starve(999)
    expect(slowness()).toBe(1)
    clock.pass(60_000)
    for (let s = 0; s < 30; s++) {
      clock.starve(950)
      clock.pass(50)
      slowness()
    }
    expect(slowness()).toBeCloseTo(20, 0)
  })

  it('is measured: waiting and working are not being without', async () => {
    const clock = systemClock()
    const before = clock.starvation?.().starvedMs ?? Number.NaN
    await clock.sleep(300)
    const spun = process.threadCpuUsage()
    while (process.threadCpuUsage(spun).user < 50_000);
    const { livedMs, starvedMs } = clock.starvation?.() ?? { livedMs: 0, starvedMs: Number.NaN }
    expect(starvedMs).toBeGreaterThanOrEqual(before)
    expect(livedMs - starvedMs).toBeGreaterThan(350)
  })
})

describe('an outcome until a signal', () => {
  it('is that of the promise, or the reason of the signal, to which nobody listens afterwards', async () => {
    const abort = new AbortController()
    const { signal } = abort
    await expect(unlessAborted(Promise.resolve(7), signal)).resolves.toBe(7)
    await expect(unlessAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const outcome = unlessAborted(new Promise(() => undefined), signal)
    abort.abort(new Error('enough'))
    await expect(outcome).rejects.toThrow('enough')
    await expect(unlessAborted(Promise.resolve(7), signal)).rejects.toThrow('enough')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
