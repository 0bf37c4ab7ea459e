import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../clock/testing.ts'
import { asked, ProbeFailedError } from './ask.ts'
import { isJudged } from './sample.ts'
import { createStopwatch } from './stopwatch.ts'

const clock = systemClock()
const ask = (timeoutMs: number, signal = new AbortController().signal) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal,
})

/** Answers each datagram at once, whatever this thread does. */
async function startEcho() {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     const socket = require('node:dgram').createSocket('udp4')
     socket.on('message', (text, from) => socket.send(text, from.port, from.address))
     socket.bind(0, '127.0.0.1', () => parentPort.postMessage(socket.address().port))`,
    { eval: true },
  )
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  return { port, [Symbol.asyncDispose]: async () => void (await worker.terminate()) }
}

async function echo(port: number, hold: () => void, signal: AbortSignal): Promise<string> {
  using stack = new DisposableStack()
  const socket = createSocket('udp4')
  stack.defer(() => socket.close())
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('message', (text) => resolve(text.toString()))
  await new Promise<void>((sent) => socket.send('hello', port, '127.0.0.1', () => sent()))
  hold()
  return await promise
}

function holdLoop(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

describe('a question within its time', () => {
  it('reads what lay there when its time was up, and knows that it was late itself', async () => {
    await using server = await startEcho()
    const probed = await asked(ask(300), 'the echo', (signal) => echo(server.port, () => holdLoop(800), signal))
    expect(probed).toMatchObject({ ok: true, answer: 'hello' })
    expect(probed.sample.ms).toBeGreaterThan(700)
    expect(probed.sample.lateMs).toBeGreaterThan(600)
    expect(isJudged(probed.sample, 100)).toBe(false)
  })

  it('is not late where the other side is', async () => {
    const probed = await asked(ask(150), 'nobody', (signal) => {
      const { promise, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    })
    expect(probed).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', message: 'no answer from nobody within 150 ms' },
    })
    expect(probed.sample.lateMs).toBeLessThan(probed.sample.ms / 2)
  })

  it('says what the system says, in words, and what the probe knows better', async () => {
    const refused = await asked(ask(1000), '127.0.0.1:1', (signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<never>()
      connect({ port: 1, host: '127.0.0.1', signal }).once('error', reject).once('connect', resolve)
      return promise
    })
    expect(refused).toMatchObject({
      failure: { kind: 'refused', code: 'ECONNREFUSED', message: 'connection refused at 127.0.0.1:1' },
    })
    const failure = { kind: 'malformed', code: '', message: 'half an answer from x' } as const
    const known = await asked(ask(1000), 'x', () => Promise.reject(new ProbeFailedError(failure)))
    expect(known).toMatchObject({ ok: false, failure })
  })

  it('accuses nobody of a fault of this program', async () => {
    const nothing = undefined as unknown as { x: number }
    await expect(asked(ask(1000), 'x', async () => nothing.x)).rejects.toThrow(TypeError)
    const ofNode = Object.assign(new TypeError('no such header'), { code: 'ERR_INVALID_CHAR' })
    expect(await asked(ask(1000), 'x', () => Promise.reject(ofNode))).toMatchObject({ ok: false })
  })

  it('lets go of what still listens to its signal, however long its own one lives', async () => {
    const listening: WeakRef<AbortSignal>[] = []
    const long = ask(1000)
    for (let times = 0; times < 20; times++) {
      await asked(long, 'x', async (signal) => {
        signal.addEventListener('abort', () => listening.length)
        listening.push(new WeakRef(signal))
      })
    }
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await expect
      .poll(() => {
        collect()
        return listening.filter((one) => one.deref() !== undefined).length
      })
      .toBeLessThan(3)
  })

  it('ends with its own signal, whatever it had found', async () => {
    const abort = new AbortController()
    const ends = asked(ask(1000, abort.signal), 'x', async () => {
      abort.abort(new Error('stopped'))
      return 1
    })
    await expect(ends).resolves.toMatchObject({ ok: true })
    await expect(asked(ask(1000, abort.signal), 'x', async () => 1)).rejects.toThrow('stopped')
  })
})

describe('a stopwatch', () => {
  it('counts what the kernel kept from this process, once', () => {
    const time = fakeClock()
    let delays = { waitedMs: 5, throttledMs: 1000 }
    const stop = createStopwatch(time, () => delays).start()
    time.pass(100)
    time.starve(200)
    delays = { waitedMs: 105, throttledMs: 1250 }
    expect(stop()).toEqual({ ms: 300, lateMs: 250 })
  })

  it('does not take for the other side what held this process up while the stopwatch itself looked', () => {
    const time = fakeClock()
    let throttledMs = 0
    const held = () => {
      time.pass(500)
      throttledMs += 500
      return { waitedMs: 0, throttledMs }
    }
    const stop = createStopwatch(time, held).start()
    time.pass(3)
    const sample = stop()
    expect(sample.ms).toBe(3)
    expect(isJudged(sample, 100)).toBe(true)
  })

  it('is never later than it was long, nor early', () => {
    const time = fakeClock()
    let throttledMs = 0
    const stop = createStopwatch(time, () => ({ waitedMs: 0, throttledMs })).start()
    time.pass(10)
    throttledMs = 5000
    expect(stop()).toEqual({ ms: 10, lateMs: 10 })
    throttledMs = -1
    expect(stop().lateMs).toBe(0)
  })
})

it('holds nothing against anybody that the prober was late with, unless it was in time all the same', () => {
  expect(isJudged({ ms: 90, lateMs: 80 }, 100)).toBe(true)
  expect(isJudged({ ms: 1500, lateMs: 20 }, 100)).toBe(true)
  expect(isJudged({ ms: 1500, lateMs: 21 }, 100)).toBe(false)
})
