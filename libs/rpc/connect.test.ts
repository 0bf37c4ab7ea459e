import { type ChildProcess, spawn } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { MonitorState } from '#proto/nodedoctor/v1/types.ts'
import { connectUnix } from './connect.ts'
import { testSocket } from './testing.ts'

const SERVER = join(import.meta.dirname, 'testing-server.ts')
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A server in a process of its own, listening. */
async function startServer(path: string): Promise<ChildProcess> {
  const child = spawn('node_modules/.bin/node', [SERVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

describe('who waits for a server', () => {
  it('listens to the end of his wait once, however often it is tried', async () => {
    await using socket = await testSocket()
    const client = connectUnix(socket.path)
    const ending = new AbortController()
    let most = 0
    const looking = setInterval(() => {
      most = Math.max(most, getEventListeners(ending.signal, 'abort').length)
    }, 5)
    const waiting = client.connected(ending.signal)
    await expect.poll(() => most).toBeGreaterThan(0)
    await socket.serve({ getNode: () => undefined })
    await waiting
    clearInterval(looking)
    expect(getEventListeners(ending.signal, 'abort')).toEqual([])
    client.close()
  })
})

describe('a call', () => {
  it('that is given up in the moment in which it is made ends then', async () => {
    await using socket = await testSocket()
    await socket.serve({ getNode: () => undefined })
    const client = connectUnix(socket.path)
    const abort = new AbortController()
    const began = performance.now()
    const call = client.call(DetectorService.getNode, {}, { signal: abort.signal, timeoutMs: 20_000 })
    abort.abort(new Error('gave up'))
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(performance.now() - began).toBeLessThan(10_000)
    client.close()
  })

  it('has a deadline, and the error says where and what', async () => {
    await using socket = await testSocket()
    await socket.serve({ getNode: () => undefined })
    const client = connectUnix(socket.path)
    await expect(client.call(DetectorService.getNode, {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      path: socket.path,
      method: '/nodedoctor.v1.Detector/GetNode',
      message: expect.stringContaining(`/nodedoctor.v1.Detector/GetNode on ${socket.path}: DEADLINE_EXCEEDED`),
    })
    client.close()
  })

  it('is answered after its deadline where this process had no processor until then, and fails where it had', async () => {
    await using socket = await testSocket()
    await socket.serve({ getNode: (_, callback) => void setTimeout(() => callback(null, { node: undefined }), 500) })
    const clock = systemClock()
    const starved = {
      ...clock,
      starvation: () => ({
        livedMs: performance.now(),
        activeMs: performance.now(),
        starvedMs: performance.now() * 0.9,
      }),
    }
    const [slow, quick] = [connectUnix(socket.path, { clock: starved }), connectUnix(socket.path)]
    await expect(slow.call(DetectorService.getNode, {}, { timeoutMs: 200 })).resolves.toMatchObject({ node: undefined })
    await expect(quick.call(DetectorService.getNode, {}, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('no answer in time'),
    })
    slow.close()
    quick.close()
  })

  it('outlasts a process that begins to starve after days, in the turn and in the answer', async () => {
    await using socket = await testSocket()
    let running = 0
    await socket.serve({
      getNode: (_, callback) => {
        running++
        setTimeout(() => callback(null, { node: undefined }), running <= 64 ? 700 : 1300)
      },
    })
    const clock = systemClock()
    const began = performance.now()
    const starvation = () => ({
      livedMs: 86_400_000 + performance.now(),
      activeMs: performance.now(),
      starvedMs: 0.9 * (performance.now() - began),
    })
    const client = connectUnix(socket.path, { clock: { ...clock, starvation } })
    const calls = Array.from({ length: 65 }, () => client.call(DetectorService.getNode, {}, { timeoutMs: 300 }))
    expect(await Promise.allSettled(calls)).toEqual(calls.map(() => expect.objectContaining({ status: 'fulfilled' })))
    client.close()
  })

  it('tells the server the local authority that grpc-go tells', async () => {
    await using socket = await testSocket()
    let host = ''
    await socket.serve({
      getNode: (call, callback) => {
        host = call.getHost()
        callback(null, { node: undefined })
      },
    })
    const client = connectUnix(socket.path)
    await client.call(DetectorService.getNode, {})
    expect(host).toBe('localhost')
    client.close()
  })

  it('to a socket that does not exist fails at once, and says what is wrong', async () => {
    await using socket = await testSocket()
    const client = connectUnix(socket.path)
    for (let i = 0; i < 3; i++) {
      await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(`connect ENOENT ${socket.path}`),
      })
    }
    client.close()
  })

  it.each(['before it starts', 'while it runs'])('ends when its caller gives up %s', async (when) => {
    await using socket = await testSocket()
    const abort = new AbortController()
    const running = Promise.withResolvers<void>()
    await socket.serve({ getNode: () => running.resolve() })
    const client = connectUnix(socket.path)
    if (when === 'before it starts') abort.abort()
    const call = client.call(DetectorService.getNode, {}, { signal: abort.signal })
    if (when === 'while it runs') void running.promise.then(() => abort.abort())
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    client.close()
  })

  it('never has more than 64 in flight, and all of a thousand are answered', async () => {
    await using socket = await testSocket()
    let running = 0
    let most = 0
    await socket.serve({
      getNode: (_call, callback) => {
        running++
        most = Math.max(most, running)
        setImmediate(() => {
          running--
          callback(null, { node: undefined })
        })
      },
    })
    const client = connectUnix(socket.path)
    await Promise.all(Array.from({ length: 1000 }, () => client.call(DetectorService.getNode, {})))
    expect(most).toBe(64)
    client.close()
  })

  it('that waits for its turn has its deadline all the same, and one too many is refused', async () => {
    await using socket = await testSocket()
    await socket.serve({ getNode: () => undefined })
    const client = connectUnix(socket.path)
    const calls = Array.from({ length: 64 + 1024 + 1 }, () => {
      const call = client.call(DetectorService.getNode, {}, { timeoutMs: 300 })
      return call.catch((err: { code: string }) => err.code)
    })
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(1)
    // Whose turn comes while the connection that answers nobody is given up hears that: at most as many as have a turn at once.
    const isLate = (code: unknown) => code === 'DEADLINE_EXCEEDED'
    const others = outcomes.filter((code) => !isLate(code) && code !== 'RESOURCE_EXHAUSTED')
    expect(new Set(others)).toEqual(new Set(others.length > 0 ? ['UNAVAILABLE'] : []))
    expect(others.length).toBeLessThanOrEqual(64)
    expect(outcomes.filter(isLate)).toHaveLength(64 + 1024 - others.length)
    client.close()
  })

  it.each([
    ['sent', 'check', { monitor: 'x'.repeat(5000), check: '' }],
    ['received', 'listMonitors', {}],
  ] as const)(
    'with a message over the limit that is %s is refused and harms nothing',
    async (_way, method, request) => {
      await using socket = await testSocket()
      const monitor = { ...MonitorState.decode(new Uint8Array()), name: 'x'.repeat(5000) }
      await socket.serve(
        { listMonitors: (_call, callback) => callback(null, { monitors: [monitor] }) },
        { maxMessageBytes: method === 'check' ? 1000 : 10_000 },
      )
      const client = connectUnix(socket.path, { maxMessageBytes: method === 'check' ? 10_000 : 1000 })
      await expect(client.call(DetectorService[method] as never, request as never)).rejects.toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
      })
      await client.call(DetectorService.getNode, {})
      client.close()
    },
  )

  it('after close is refused', async () => {
    await using socket = await testSocket()
    await socket.serve()
    const client = connectUnix(socket.path)
    client.close()
    await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

describe('a connection', () => {
  it('comes back within a second after its server was killed and another has its socket', async () => {
    await using socket = await testSocket()
    const first = await startServer(socket.path)
    const client = connectUnix(socket.path)
    await client.call(DetectorService.getNode, {})
    await kill(first)
    // Long enough without a server that waits between attempts have grown.
    for (let i = 0; i < 30; i++)
      await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await startServer(socket.path)
    const beganMs = performance.now()
    await client.call(DetectorService.getNode, {})
    expect(performance.now() - beganMs).toBeLessThan(1000)
    client.close()
  })

  it('does not knock at every call while the socket stays dead', async () => {
    await using socket = await testSocket()
    await mkdir(dirname(socket.path))
    let knocks = 0
    const rude = createServer((connection) => {
      knocks++
      connection.destroy()
    })
    await new Promise<void>((resolve) => rude.listen(socket.path, resolve))
    const client = connectUnix(socket.path)
    for (let i = 0; i < 200; i++) await client.call(DetectorService.getNode, {}).catch(() => undefined)
    expect(knocks).toBeLessThan(10)
    client.close()
    rude.close()
  })

  it('can be waited for, however long nobody is there', async () => {
    await using socket = await testSocket()
    const client = connectUnix(socket.path)
    const connected = client.connected(AbortSignal.timeout(15_000))
    await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await socket.serve()
    await connected
    await client.call(DetectorService.getNode, {})
    client.close()
  })

  it('is not waited for longer than the caller wants', async () => {
    await using socket = await testSocket()
    const client = connectUnix(socket.path)
    await expect(client.connected(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
    client.close()
  })

  it('that answers nothing is made anew after three deadlines', async () => {
    await using socket = await testSocket()
    const peers = new Set<string>()
    let dead = true
    await socket.serve({
      getNode: (call, callback) => {
        peers.add(String(call.getPeer()))
        if (!dead) callback(null, { node: undefined })
      },
    })
    const client = connectUnix(socket.path)
    for (let i = 0; i < 3; i++) {
      await client.call(DetectorService.getNode, {}, { timeoutMs: 30 }).catch(() => undefined)
    }
    dead = false
    await rm(socket.path)
    // The old connection would answer now; the new one has no socket to go to.
    await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    client.close()
  })
})

describe('a stream', () => {
  it('is read to its end', async () => {
    await using socket = await testSocket()
    await socket.serve({
      watchNode: (call) => {
        for (const type of ['T0', 'T1', 'T2'])
          call.write({ change: { $case: 'conditionRemoved', value: { type, entity: '' } } })
        call.end()
      },
    })
    const client = connectUnix(socket.path)
    const seen: string[] = []
    for await (const { change } of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000))) {
      if (change?.$case === 'conditionRemoved') seen.push(change.value.type)
    }
    expect(seen).toEqual(['T0', 'T1', 'T2'])
    client.close()
  })

  it('that loses its server fails, and does not hang', async () => {
    await using socket = await testSocket()
    const server = await socket.serve({ watchNode: (call) => void call.write({ change: undefined }) })
    const client = connectUnix(socket.path)
    const read = async () => {
      for await (const _ of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(10_000)))
        void server.close(0)
    }
    await expect(read()).rejects.toMatchObject({ name: 'RpcError' })
    client.close()
  })

  it('to nobody fails when it is read, not when it is opened', async () => {
    await using socket = await testSocket()
    const client = connectUnix(socket.path)
    await client.call(DetectorService.getNode, {}).catch(() => undefined)
    const stream = client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000))
    const read = async () => {
      for await (const _ of stream);
    }
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    client.close()
  })

  it('ends on both sides when its reader leaves, or its signal aborts', async () => {
    await using socket = await testSocket()
    let open = 0
    const ended = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await socket.serve({
      watchNode: (call) => {
        call.on('cancelled', () => ended[--open]?.resolve())
        open++
        call.write({ change: undefined })
      },
    })
    const client = connectUnix(socket.path)
    const abort = new AbortController()
    const { promise: reading, resolve } = Promise.withResolvers<void>()
    const read = (async () => {
      for await (const _ of client.serverStream(DetectorService.watchNode, {}, abort.signal)) resolve()
    })()
    await reading
    for await (const _ of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000))) break
    await ended[1]?.promise
    abort.abort()
    await read
    await ended[0]?.promise
    client.close()
  })

  it('that nobody reads holds the sender back', async () => {
    await using socket = await testSocket()
    let sent = 0
    const held = Promise.withResolvers<void>()
    const value = { type: 'x'.repeat(100_000), entity: '' }
    await socket.serve({
      watchNode: (call) => {
        while (call.write({ change: { $case: 'conditionRemoved', value } }) && sent < 1000) sent++
        held.resolve()
      },
    })
    const client = connectUnix(socket.path)
    const stream = client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000))
    await held.promise
    expect(sent).toBeLessThan(1000)
    for await (const _ of stream) break
    client.close()
  })
})
