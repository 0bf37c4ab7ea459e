import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { type TempFolder, tempFolder } from '../../host/testing.ts'
import {
  createTrust,
  type HttpAnswer,
  type HttpQuestion,
  isJudged,
  type Probed,
  ProbeFailedError,
  probeHttp,
  type Route,
} from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'
import { type Authority, createAuthority, type Issued } from '../tls/testing-certificates.ts'
import { startRaw } from './testing-servers.ts'

const clock = systemClock()
const ask = (timeoutMs = 5000) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal: new AbortController().signal,
})
const at = (port: number): Route => ({ kind: 'address', place: { address: '127.0.0.1', port } })

function get(port: number, more: Partial<HttpQuestion> = {}, timeoutMs = 5000): Promise<Probed<HttpAnswer>> {
  const url = new URL(`http://web.test:${port}/healthz?x=1`)
  return probeHttp(ask(timeoutMs), { method: 'GET', url, route: at(port), ...more })
}

/** One that gives everybody the same answer, and closes behind it. */
const startAnswering = (answer: string) => startRaw((socket) => socket.end(answer, 'latin1'))
const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`

function failed(kind: string, message: string) {
  return { ok: false, failure: { kind, message } }
}

describe('a request', () => {
  it('is what was asked, and nothing besides', async () => {
    const server = await startAnswering(ok('fine'))
    const probed = await get(server.port, { headers: { 'X-Way': 'a' } })
    expect(probed).toMatchObject({
      ok: true,
      answer: {
        status: 200,
        isCut: false,
        url: `http://web.test:${server.port}/healthz`,
        redirects: 0,
        tls: undefined,
      },
    })
    expect(probed.ok && probed.answer.body.toString()).toBe('fine')
    expect(probed.ok && probed.answer.headers['content-length']).toEqual(['4'])
    expect(server.told).toEqual([
      `GET /healthz?x=1 HTTP/1.1\r\nuser-agent: node-doctor\r\naccept: */*\r\nx-way: a\r\nhost: web.test:${server.port}\r\nconnection: close\r\n\r\n`,
    ])
    await expect.poll(() => server.open()).toBe(0)
  })

  it.each(['HEAD', 'OPTIONS'] as const)('may be %s', async (method) => {
    const server = await startAnswering('HTTP/1.1 204 No Content\r\nallow: GET\r\n\r\n')
    expect(await get(server.port, { method })).toMatchObject({
      ok: true,
      answer: { status: 204, headers: { allow: ['GET'] } },
    })
    expect(server.told[0]).toMatch(new RegExp(`^${method} `))
  })

  it('knows the host, the user and the password that its URL or its headers name', async () => {
    const server = await startAnswering(ok(''))
    const url = new URL(`http://me:p%40ss@web.test:${server.port}/`)
    const probed = await get(server.port, { url, headers: { Host: 'other.test' } })
    expect(server.told[0]).toContain(`authorization: Basic ${Buffer.from('me:p@ss').toString('base64')}`)
    expect(server.told[0]).toContain('host: other.test\r\n')
    expect(JSON.stringify(probed)).not.toContain('p%40ss')
  })

  it('goes over a socket of this machine', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'agent.sock')
    const url = new URL('http://agent/health')
    const asks = () => probeHttp(ask(), { method: 'GET', url, route: { kind: 'socket', path } })
    expect(await asks()).toMatchObject(failed('refused', `no socket at ${path}`))
    const server = await startRaw((socket) => socket.end(ok('well')), path)
    expect(await asks()).toMatchObject({ ok: true, answer: { status: 200 } })
    expect(server.told[0]).toContain('host: agent\r\n')
  })

  it('is not asked where it is a fault of the caller', () => {
    const url = new URL('ftp://web.test/')
    expect(() => get(80, { url })).toThrow('ftp: is not spoken here; http: and https: are')
    expect(() => get(80, { route: { kind: 'address', place: { address: 'web.test', port: 80 } } })).toThrow(
      'resolve the name before',
    )
    const secret = { url: new URL('https://web.test/'), identity: 'any' as const }
    expect(() => get(80, { ...secret, headers: { Authorization: 'Bearer x' } })).toThrow('nobody is told who we are')
  })

  it('is not sent with a header that cannot be', async () => {
    const server = await startAnswering(ok(''))
    const probed = await get(server.port, { headers: { 'x-secret': 'hidden\r\nevil: 1' } })
    expect(probed).toMatchObject({ ok: false, failure: { kind: 'local' } })
    expect(JSON.stringify(probed)).not.toContain('hidden')
  })
})

describe('an answer', () => {
  it('that a busy prober had no time to read is not held against whoever gave it', async () => {
    const server = await startAnswering(ok('well'))
    const asking = get(server.port, {}, 100)
    for (const endMs = performance.now() + 300; performance.now() < endMs; );
    const { sample } = await asking
    expect(sample.ms).toBeGreaterThan(250)
    expect(isJudged(sample, 100)).toBe(false)
  })

  it('is refused', async () => {
    const probed = await get(1)
    expect(probed).toMatchObject(failed('refused', 'connection refused at 127.0.0.1:1'))
  })

  it('is read to its bound, of 50 MiB too', async () => {
    const size = 50 * 1024 * 1024
    let written = 0
    const server = await startRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`)
      const chunk = Buffer.alloc(65_536, 'x')
      const more = (): void => {
        while (written < size && !socket.destroyed) {
          written += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.on('drain', more)
      more()
    })
    const probed = await get(server.port)
    expect(probed).toMatchObject({ ok: true, answer: { status: 200, isCut: true } })
    expect(probed.ok && probed.answer.body.length).toBe(65_536)
    await expect.poll(() => server.open()).toBe(0)
    expect(written).toBeLessThan(size / 2)
    const exact = await startAnswering(ok('12345'))
    expect(await get(exact.port, { maxBodyBytes: 5 })).toMatchObject({ ok: true, answer: { isCut: false } })
    expect(await get(exact.port, { maxBodyBytes: 4 })).toMatchObject({
      ok: true,
      answer: { isCut: true, body: Buffer.from('1234') },
    })
  })

  it.each([
    ['nothing', 'no answer from WHERE within 200 ms', () => {}],
    ['the beginning of a line', 'no answer from WHERE within 200 ms', (socket: Socket) => socket.write('HTTP/1.')],
    ['a header again and again', 'no answer from WHERE within 200 ms', trickling('HTTP/1.1 200 OK\r\n', 'x: y\r\n')],
    ['interim answers for ever', 'no answer from WHERE within 200 ms', trickling('', 'HTTP/1.1 100 Continue\r\n\r\n')],
    [
      'a body that does not end',
      'WHERE has begun to answer and did not end it in time (3 bytes of its body)',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    ],
  ])('of %s is not waited for', async (_, message, serve) => {
    const server = await startRaw(serve)
    const where = `http://web.test:${server.port}/healthz (127.0.0.1:${server.port})`
    expect(await get(server.port, {}, 200)).toMatchObject(failed('timeout', message.replace('WHERE', where)))
    await expect.poll(() => server.open()).toBe(0)
  })

  it('is handed on as it comes, up to its bound, and not kept', async () => {
    const server = await startAnswering(ok('x'.repeat(300_000)))
    let bytes = 0
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
    }
    const probed = await get(server.port, { maxBodyBytes: 200_000, take })
    expect(probed).toMatchObject({ ok: true, answer: { isCut: true, body: Buffer.alloc(0) } })
    expect(bytes).toBe(200_000)
    const wrong = (): void => {
      throw new Error('not a metric')
    }
    expect(await get(server.port, { take: wrong })).toMatchObject({ ok: false, failure: { kind: 'unexpected' } })
    await expect.poll(() => server.open()).toBe(0)
  })

  it.each([
    ['a body where there is none', 'HTTP/1.1 204 No Content\r\n\r\nwell', 204, ''],
    ['more than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell\r\n<!-- -->', 200, 'well'],
    [
      'more than its last chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\nmore',
      200,
      'well',
    ],
  ])('is whole with %s, whether that comes with it or later', async (_, answer, status, body) => {
    const server = await startAnswering(answer)
    const later = await startRaw((socket) => {
      socket.write(answer.slice(0, -4), 'latin1', () => setImmediate(() => socket.end(answer.slice(-4))))
    })
    for (const { port } of [server, later])
      expect(await get(port)).toMatchObject({ ok: true, answer: { status, isCut: false, body: Buffer.from(body) } })
  })

  it('in chunks of a byte each takes no more room than it has', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { promise: held, resolve: measured } = Promise.withResolvers<number>()
    const server = await startRaw((socket) => {
      collect()
      const before = process.memoryUsage().heapUsed
      socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(60_000)}`)
      // Until all of it has been read: then it is asked to end.
      const timer = setInterval(() => {
        if (socket.writableLength > 0) return
        clearInterval(timer)
        collect()
        measured(process.memoryUsage().heapUsed - before)
        socket.end('0\r\n\r\n')
      }, 200)
    })
    const probed = await get(server.port)
    expect(probed.ok && probed.answer.body.length).toBe(60_000)
    expect(await held).toBeLessThan(4_000_000)
  })

  it('comes behind interim ones', async () => {
    const server = await startAnswering(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok('well')}`,
    )
    expect(await get(server.port)).toMatchObject({ ok: true, answer: { status: 200, body: Buffer.from('well') } })
  })

  it.each([
    ['closed before a word', '', 'reset', 'connection broken off by the other side at WHERE'],
    [
      'closed in the middle of its head',
      'HTTP/1.1 200 OK\r\nx: ',
      'reset',
      'connection broken off by the other side at WHERE',
    ],
    [
      'half of a body',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc',
      'reset',
      'half an answer from WHERE: it broke off after 3 bytes of its body',
    ],
    [
      'half of its chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
      'reset',
      'half an answer from WHERE: it broke off after 3 bytes of its body',
    ],
    [
      'another protocol',
      'SSH-2.0-OpenSSH_9.2\r\n',
      'malformed',
      'what came from WHERE is no HTTP (Parse Error: Expected HTTP/, RTSP/ or ICE/)',
    ],
    [
      'no length that can be',
      'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
      'malformed',
      'what came from WHERE is no HTTP (Parse Error: Invalid character in Content-Length)',
    ],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      'malformed',
      'what came from WHERE is no HTTP (Parse Error: Duplicate Content-Length)',
    ],
    [
      'wrong chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      'malformed',
      'what came from WHERE is no HTTP (Parse Error: Invalid character in chunk size)',
    ],
    [
      'headers without end',
      `HTTP/1.1 200 OK\r\n${'x: yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(100_000)}`,
      'malformed',
      'headers of more than 16 KiB from WHERE',
    ],
    [
      'no status',
      'HTTP/1.1 000 x\r\ncontent-length: 0\r\n\r\n',
      'malformed',
      'a status of 0, which is none, from WHERE',
    ],
    [
      'interim ones without end',
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000),
      'malformed',
      'more than 100 interim answers from WHERE',
    ],
    [
      'another protocol from now on',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'malformed',
      'WHERE changes to another protocol, unasked',
    ],
  ])('of %s is none', async (_, answer, kind, message) => {
    const server = await startAnswering(answer)
    const where = `http://web.test:${server.port}/healthz (127.0.0.1:${server.port})`
    expect(await get(server.port)).toMatchObject(failed(kind, message.replace('WHERE', where)))
    await expect.poll(() => server.open()).toBe(0)
  })

  it('without a length ends with its connection, and a HEAD with its head', async () => {
    const server = await startAnswering('HTTP/1.0 200 OK\r\n\r\nall of it')
    expect(await get(server.port)).toMatchObject({ ok: true, answer: { body: Buffer.from('all of it'), isCut: false } })
    const lying = await startRaw((socket) => socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nxxxx'))
    expect(await get(lying.port, { method: 'HEAD' })).toMatchObject({
      ok: true,
      answer: { status: 500, body: Buffer.alloc(0) },
    })
  })
})

/** Says a beginning, then the same again and again for as long as it is listened to. */
function trickling(first: string, again: string) {
  return (socket: Socket): void => {
    socket.write(first)
    const timer = setInterval(() => socket.write(again), 5)
    socket.once('close', () => clearInterval(timer))
  }
}

describe('a redirection', () => {
  const to = (location: string, status = 302) =>
    `HTTP/1.1 ${status} Elsewhere\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`

  it('is an answer where it is not to be followed', async () => {
    const server = await startAnswering(to('/other'))
    expect(await get(server.port)).toMatchObject({
      ok: true,
      answer: { status: 302, redirects: 0, headers: { location: ['/other'] } },
    })
  })

  it('is followed to where the caller says that a host is; strangers are told nothing that was meant for the first', async () => {
    const last = await startAnswering(ok('there'))
    const first = await startRaw((socket, request) =>
      socket.end(request.startsWith('GET /healthz') ? to('/again') : to(`http://other.test:${last.port}/x?secret=1`)),
    )
    const asked: string[] = []
    const follow = async (url: URL): Promise<Route> => {
      asked.push(url.href)
      return at(Number(url.port))
    }
    const probed = await get(first.port, { follow, headers: { authorization: 'Bearer t', 'x-key': 'k' } })
    expect(probed).toMatchObject({
      ok: true,
      answer: { status: 200, redirects: 2, url: `http://other.test:${last.port}/x` },
    })
    expect(asked).toEqual([`http://web.test:${first.port}/again`, `http://other.test:${last.port}/x?secret=1`])
    expect(first.told[1]).toContain('authorization: Bearer t')
    expect(last.told[0]).not.toMatch(/authorization|x-key/)
    expect(last.told[0]).toContain(`host: other.test:${last.port}\r\n`)
  })

  it.each([
    ['OPTIONS', 302, 'GET'],
    ['OPTIONS', 307, 'OPTIONS'],
    ['HEAD', 301, 'HEAD'],
  ] as const)('of %s by %i asks by %s', async (method, status, next) => {
    const server = await startRaw((socket, request) =>
      socket.end(request.includes('/healthz') ? to('/next', status) : 'HTTP/1.1 204 x\r\n\r\n'),
    )
    await get(server.port, { method, follow: async (url) => at(Number(url.port)) })
    expect(server.told[1]).toMatch(new RegExp(`^${next} /next`))
  })

  it('ends after five, and where it leads nowhere', async () => {
    const circle = await startAnswering(to('/healthz'))
    const follow = async (url: URL): Promise<Route> => at(Number(url.port))
    expect(await get(circle.port, { follow })).toMatchObject(
      failed('unexpected', `http://web.test:${circle.port}/healthz leads on and on: more than 5 redirections`),
    )
    expect(circle.told).toHaveLength(6)
    const nowhere = await startAnswering(to('ftp://x/'))
    expect(await get(nowhere.port, { follow })).toMatchObject(
      failed(
        'unexpected',
        `http://web.test:${nowhere.port}/healthz leads to something that is no address of http or https`,
      ),
    )
    const far = await startRaw((socket, request) =>
      socket.end(request.startsWith('GET /healthz') ? to(`/${'x'.repeat(9000)}`) : to('ftp://x/')),
    )
    expect(await get(far.port, { follow })).toMatchObject(
      failed(
        'unexpected',
        `http://web.test:${far.port}/${'x'.repeat(199)}… leads to something that is no address of http or https`,
      ),
    )
    expect(await get(circle.port, { follow: () => new Promise(() => {}) }, 200)).toMatchObject({
      ok: false,
      failure: { kind: 'timeout' },
    })
    const byName: Route = { kind: 'address', place: { address: 'web.test', port: 80 } }
    await expect(get(circle.port, { follow: async () => byName })).rejects.toThrow('resolve the name before')
    const failure = { kind: 'name', code: 'NXDOMAIN', message: 'no such name' } as const
    expect(await get(circle.port, { follow: () => Promise.reject(new ProbeFailedError(failure)) })).toMatchObject({
      ok: false,
      failure,
    })
  })
})

describe('https', () => {
  let folder: TempFolder
  let authority: Authority
  beforeAll(async () => {
    folder = await tempFolder()
    authority = createAuthority(folder.path)
  })
  afterAll(() => folder?.[Symbol.asyncDispose]())

  async function startHttps({ cert, key }: Issued): Promise<{ port: number; requests: string[] }> {
    const requests: string[] = []
    const server = createHttpsServer({ cert, key }, (request, response) => {
      requests.push(`${request.method} ${request.headers['authorization'] ?? ''}`)
      response.end('well')
    })
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, requests }
  }
  const secure = (port: number, more: Partial<HttpQuestion> = {}) =>
    get(port, {
      url: new URL(`https://good.test:${port}/`),
      trust: createTrust({ authorities: authority.cert }),
      ...more,
    })

  it('tells a token to whom it should', async () => {
    const server = await startHttps(authority.issue())
    const probed = await secure(server.port, { headers: { authorization: 'Bearer t' } })
    expect(probed).toMatchObject({
      ok: true,
      answer: {
        status: 200,
        body: Buffer.from('well'),
        tls: { verification: { verified: true }, chain: [{ subject: 'CN=good.test' }] },
      },
    })
    expect(server.requests).toEqual(['GET Bearer t'])
  })

  it('asks nothing of one who is not who he should be, unless anybody will do', async () => {
    const server = await startHttps(authority.issue({ to: '20210101000000Z' }))
    const where = `good.test:${server.port} (127.0.0.1:${server.port})`
    expect(await secure(server.port, { headers: { authorization: 'Bearer t' } })).toMatchObject({
      ok: false,
      failure: {
        kind: 'certificate',
        code: 'CERT_HAS_EXPIRED',
        message: `the certificate of ${where} is not to be trusted: it expired on 2021-01-01`,
      },
    })
    expect(await secure(server.port, { serverName: 'kubelet', trust: undefined })).toMatchObject({
      ok: false,
      failure: {
        kind: 'certificate',
        message: expect.stringContaining('it is for good.test, 127.0.0.1, and not for kubelet'),
      },
    })
    expect(server.requests).toEqual([])
    expect(await secure(server.port, { identity: 'any' })).toMatchObject({
      ok: true,
      answer: { tls: { verification: { verified: false } } },
    })
    expect(server.requests).toEqual(['GET '])
  })

  it('is not spoken by a server of http', async () => {
    const server = createHttpServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await secure(port)).toMatchObject(
      failed('malformed', `no TLS is spoken at good.test:${port} (127.0.0.1:${port})`),
    )
  })
})
