import { execFileSync, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { type DetectorServer, DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from './connect.ts'
import { serveUnix } from './serve.ts'
import type { RpcServer } from './types.ts'

let dir = ''
let socket = ''
const servers: RpcServer[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-rpc-'))
  socket = join(dir, 'detector', 'detector.sock')
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(100)
  await rm(dir, { recursive: true, force: true })
})

function detector(more: Partial<DetectorServer> = {}): DetectorServer {
  return {
    getNode: (_call, callback) => callback(null, { node: undefined }),
    listMonitors: (_call, callback) => callback(null, { monitors: [] }),
    check: () => undefined,
    watchNode: (call) => {
      for (let i = 0; i < 3; i++)
        call.write({ change: { $case: 'conditionRemoved', value: { type: `T${i}`, entity: '' } } })
      call.end()
    },
    ...more,
  }
}

async function serve(
  more: Partial<DetectorServer> = {},
  options: { serving?: () => boolean; path?: string; maxMessageBytes?: number } = {},
): Promise<RpcServer> {
  const server = await serveUnix({
    path: options.path ?? socket,
    services: [{ definition: DetectorService, implementation: detector(more) }],
    serving: options.serving ?? (() => true),
    ...(options.maxMessageBytes ? { maxMessageBytes: options.maxMessageBytes } : {}),
  })
  servers.push(server)
  return server
}

/** Beside this process: the server lives in it, and a blocking call would wait for itself. */
async function run(file: string, args: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
  child.on('close', () => resolve(out))
  return promise
}

function buf(...args: string[]): Promise<string> {
  return run('node_modules/.bin/buf', [
    'curl',
    '--protocol',
    'grpc',
    '--http2-prior-knowledge',
    '--unix-socket',
    socket,
    ...args,
  ])
}

describe('a socket', () => {
  it('is open to its user and group only, and gone after close', async () => {
    const server = await serve()
    expect((await stat(socket)).mode & 0o777).toBe(0o660)
    await server.close(100)
    await expect(stat(socket)).rejects.toThrow('ENOENT')
  })

  it('that nobody listens on is replaced', async () => {
    const stale = createServer()
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(dir, 'detector'))
    execFileSync('python3', [
      '-c',
      `import socket; s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(socket)})`,
    ])
    stale.close()
    await serve()
    await expect(connectUnix(socket).call(DetectorService.getNode, {}, { timeoutMs: 2000 })).resolves.toBeDefined()
  })

  it('that another process answers on is refused, with what to do', async () => {
    await serve()
    await expect(serve()).rejects.toThrow(
      `cannot listen on ${socket}: another process answers there; stop it, or choose another run directory`,
    )
  })

  it('whose path is too long is refused with the limit', async () => {
    const path = `/tmp/${'x'.repeat(120)}.sock`
    await expect(serve({}, { path })).rejects.toThrow(
      `cannot listen on ${path}: 130 bytes, and a Unix socket's path may have 107; choose a shorter run directory`,
    )
  })

  it('in a folder that cannot be written is refused with why', async () => {
    await writeFile(join(dir, 'file'), '')
    await expect(serve({}, { path: join(dir, 'file', 'x.sock') })).rejects.toThrow(
      /^cannot listen on .*E(NOTDIR|EXIST).*make its folder writable/,
    )
    await chmod(dir, 0o755)
  })
})

describe('health', () => {
  it('says whether the process serves, for it as a whole and for each of its services', async () => {
    let serving = false
    await serve({}, { serving: () => serving })
    const client = connectUnix(socket)
    const ask = async (service: string) =>
      (await client.call(HealthService.check, { service }, { timeoutMs: 2000 })).status
    expect(await ask('')).toBe(2)
    serving = true
    expect([await ask(''), await ask('nodedoctor.v1.Detector')]).toEqual([1, 1])
    await expect(ask('other.Service')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    client.close()
  })

  it('tells watchers at each change', async () => {
    let serving = false
    const server = await serve({}, { serving: () => serving })
    const client = connectUnix(socket)
    const seen: number[] = []
    for await (const { status } of client.serverStream(
      HealthService.watch,
      { service: '' },
      AbortSignal.timeout(5000),
    )) {
      seen.push(status)
      if (seen.length === 2) break
      serving = true
      server.healthChanged()
    }
    expect(seen).toEqual([2, 1])
    client.close()
  })
})

describe('reflection', () => {
  it('lets buf curl list, describe and call without any schema', async () => {
    await serve()
    expect(await buf('--list-methods', 'http://localhost')).toContain('nodedoctor.v1.Detector/GetNode')
    expect(await buf('-d', '{}', 'http://localhost/nodedoctor.v1.Detector/ListMonitors')).toBe('{}\n')
  })

  it('gives the descriptors only when it is asked for them, and then once', async () => {
    let read = 0
    const { readDescriptors } = await import('./descriptors.ts')
    servers.push(
      await serveUnix({
        path: socket,
        services: [{ definition: DetectorService, implementation: detector() }],
        serving: () => true,
        descriptors: () => {
          read++
          return readDescriptors()
        },
      }),
    )
    const client = connectUnix(socket)
    await client.call(DetectorService.getNode, {}, { timeoutMs: 2000 })
    expect(read).toBe(0)
    await buf('--list-methods', 'http://localhost')
    await buf('--list-methods', 'http://localhost')
    expect(read).toBe(1)
    client.close()
  })
})

describe('a call', () => {
  it('has a deadline, and the error says where and what', async () => {
    await serve({ getNode: () => undefined })
    const client = connectUnix(socket)
    await expect(client.call(DetectorService.getNode, {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining(`/nodedoctor.v1.Detector/GetNode on ${socket}: DEADLINE_EXCEEDED`),
    })
    client.close()
  })

  it('to a socket that does not exist fails at once as unavailable', async () => {
    const client = connectUnix(socket)
    await expect(client.call(DetectorService.getNode, {}, { timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    client.close()
  })

  it('ends when its caller gives up', async () => {
    await serve({ getNode: () => undefined })
    const client = connectUnix(socket)
    const abort = new AbortController()
    const call = client.call(DetectorService.getNode, {}, { timeoutMs: 10_000, signal: abort.signal })
    setImmediate(() => abort.abort())
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    client.close()
  })

  it('works again within a second after its server was replaced', async () => {
    const first = await serve()
    const client = connectUnix(socket)
    await client.call(DetectorService.getNode, {}, { timeoutMs: 2000 })
    await first.close(0)
    await serve()
    await expect
      .poll(
        () =>
          client.call(DetectorService.getNode, {}, { timeoutMs: 500 }).then(
            () => 'answered',
            () => 'not yet',
          ),
        { timeout: 1000 },
      )
      .toBe('answered')
    client.close()
  })

  it('never has more than 64 in flight, and all of a thousand are answered', async () => {
    let running = 0
    let most = 0
    await serve({
      getNode: (_call, callback) => {
        running++
        most = Math.max(most, running)
        setImmediate(() => {
          running--
          callback(null, { node: undefined })
        })
      },
    })
    const client = connectUnix(socket)
    await Promise.all(
      Array.from({ length: 1000 }, () => client.call(DetectorService.getNode, {}, { timeoutMs: 10_000 })),
    )
    expect(most).toBeLessThanOrEqual(64)
    client.close()
  })

  it('with a message over the limit is refused and harms nothing', async () => {
    await serve({}, { maxMessageBytes: 1000 })
    const client = connectUnix(socket)
    const request = { monitor: 'x'.repeat(5000), check: '' }
    await expect(client.call(DetectorService.check, request, { timeoutMs: 2000 })).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    })
    await client.call(DetectorService.getNode, {}, { timeoutMs: 2000 })
    client.close()
  })
})

describe('a stream', () => {
  it('is read to its end', async () => {
    await serve()
    const client = connectUnix(socket)
    const seen: string[] = []
    for await (const { change } of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000))) {
      if (change?.$case === 'conditionRemoved') seen.push(change.value.type)
    }
    expect(seen).toEqual(['T0', 'T1', 'T2'])
    client.close()
  })

  it('that loses its server fails, and does not hang', async () => {
    const server = await serve({ watchNode: (call) => void call.write({ change: undefined }) })
    const client = connectUnix(socket)
    const read = async () => {
      for await (const _ of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(10_000)))
        void server.close(0)
    }
    await expect(read()).rejects.toMatchObject({ name: 'RpcError' })
    client.close()
  })
})
