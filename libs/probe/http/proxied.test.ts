import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { freePort } from '../../bus/testing.ts'
import { tempFolder } from '../../host/testing.ts'
import { createTrust, type HttpQuestion, probeHttp, probeTcp, type Route } from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'
import { createAuthority } from '../tls/testing-certificates.ts'
import { startRaw } from './testing-servers.ts'

const clock = systemClock()
const ask = (timeoutMs = 5000) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal: new AbortController().signal,
})
const skipped =
  spawnSync('which', ['tinyproxy']).status === 0 ? '' : 'skipped: tinyproxy not found; make setup-test brings it'

const by = (port: number, user?: string): Route => ({
  kind: 'proxy',
  place: { address: '127.0.0.1', port },
  authorization: user && `Basic ${Buffer.from(user).toString('base64')}`,
})
const get = (url: string, route: Route, more: Partial<HttpQuestion> = {}) =>
  probeHttp(ask(), { method: 'GET', url: new URL(url), route, ...more })

async function startHttps(issued: {
  cert: string
  key: string
}): Promise<{ port: number; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = []
  const server = createServer(issued, (request, response) => {
    seen.push(request.headers['proxy-authorization'], request.headers.host)
    response.end('well')
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, seen }
}

describe.skipIf(skipped !== '')(`a tinyproxy ${skipped}`, () => {
  async function startProxy(lines: readonly string[] = []): Promise<number> {
    const folder = await tempFolder()
    const port = await freePort()
    const config = join(folder.path, 'conf')
    await writeFile(config, [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 10', 'MaxClients 10', ...lines].join('\n'))
    const proxy = spawn('tinyproxy', ['-d', '-c', config], { stdio: 'ignore' })
    onTestFinished(async () => {
      proxy.kill('SIGKILL')
      await folder[Symbol.asyncDispose]()
    })
    await expect.poll(async () => (await probeTcp(ask(), { address: '127.0.0.1', port })).ok).toBe(true)
    return port
  }

  it('is told the whole URL for http, and gives the answer of the other end', async () => {
    const web = await startRaw((socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno'))
    const proxy = await startProxy()
    // The name is looked up by the proxy: localhost is one that it knows.
    expect(await get(`http://localhost:${web.port}/a?b=1`, by(proxy))).toMatchObject({
      ok: true,
      answer: { status: 404, body: Buffer.from('no') },
    })
    expect(web.told[0]).toMatch(/^GET \/a\?b=1 HTTP/)
    expect(await get('http://localhost:1/', by(proxy))).toMatchObject({ ok: true, answer: { status: 500 } })
  })

  it('is a tunnel for https, and learns nothing of what goes through it', async () => {
    await using folder = await tempFolder()
    const authority = createAuthority(folder.path)
    const trust = createTrust({ authorities: authority.cert })
    const web = await startHttps(authority.issue({ names: 'DNS:localhost' }))
    const proxy = await startProxy(['BasicAuth me secret'])
    const url = `https://localhost:${web.port}/`
    expect(await get(url, by(proxy, 'me:secret'), { trust })).toMatchObject({
      ok: true,
      answer: { status: 200, body: Buffer.from('well'), tls: { verification: { verified: true } } },
    })
    expect(web.seen).toEqual([undefined, `localhost:${web.port}`])
    expect(await get(url, by(proxy, 'me:secret'))).toMatchObject({ ok: false, failure: { kind: 'certificate' } })
    expect(await get(url, by(proxy, 'me:wrong'), { trust })).toMatchObject({
      ok: false,
      failure: { kind: expect.stringMatching(/denied|unexpected/), code: expect.stringMatching(/40[17]/) },
    })
    expect(await get('https://localhost:1/', by(proxy, 'me:secret'))).toMatchObject({
      ok: false,
      failure: {
        kind: 'unexpected',
        code: '500',
        message: `500 instead of a way to localhost:1 from the proxy 127.0.0.1:${proxy}`,
      },
    })
  })
})

describe('a proxy', () => {
  it('is not there', async () => {
    expect(await get('https://web.test/', by(1))).toMatchObject({
      ok: false,
      failure: { kind: 'refused', message: 'connection refused at the proxy 127.0.0.1:1' },
    })
  })

  it.each([
    ['HTTP/1.1 407 Who?\r\n\r\n', 'denied', 'the name and the password of a user are asked for by WHERE'],
    ['HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno', 'unexpected', '503 instead of a way to web.test:443 from WHERE'],
    ['HTTP/1.1 200 OK\r\n\r\nHello', 'malformed', 'somebody speaks before the handshake by WHERE'],
    ['SSH-2.0\r\n', 'malformed', 'what came from WHERE is no HTTP (Parse Error: Expected HTTP/, RTSP/ or ICE/)'],
    ['', 'reset', 'connection broken off by the other side at WHERE'],
  ])('that says %j is no way', async (answer, kind, message) => {
    const proxy = await startRaw((socket) => socket.end(answer))
    expect(await get('https://web.test/', by(proxy.port), { headers: { authorization: 'Bearer t' } })).toMatchObject({
      ok: false,
      failure: { kind, message: message.replace('WHERE', `the proxy 127.0.0.1:${proxy.port}`) },
    })
    expect(proxy.told[0]).toBe('CONNECT web.test:443 HTTP/1.1\r\nhost: web.test:443\r\nconnection: close\r\n\r\n')
    await expect.poll(() => proxy.open()).toBe(0)
  })

  it('is told who we are only where that is set', async () => {
    const proxy = await startRaw((socket) => socket.end('HTTP/1.1 204 x\r\n\r\n'))
    await get('http://web.test/', by(proxy.port, 'me:secret'))
    expect(proxy.told[0]).toContain('GET http://web.test/ HTTP/1.1\r\n')
    expect(proxy.told[0]).toContain(`proxy-authorization: Basic ${Buffer.from('me:secret').toString('base64')}\r\n`)
  })
})
