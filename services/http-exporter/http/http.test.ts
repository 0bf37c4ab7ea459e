import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type NodeView, renderNodeView } from '#view'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { NOW, someCondition, someFacts, someProblem } from '../../../libs/view/testing.ts'
import { MAX_CLIENTS } from '../stream/hub.ts'
import { scratchFolder } from '../testing.ts'
import { until } from '../testing-exporter.ts'
import { wantsHtml } from './answer.ts'
import type { HandlerSources } from './handlers.ts'
import { nearestPath } from './nearest.ts'
import { loadPage, renderPolicy } from './page-files.ts'
import { STREAMS_PER_ADDRESS } from './places.ts'
import { createRateLimit } from './rate-limit.ts'
import { raw, served } from './testing-served.ts'

const run = promisify(execFile)

describe('every answer', () => {
  it('carries the headers that keep it where it belongs', async () => {
    const { url } = await served()
    for (const path of ['/status', '/', '/nothing', '/health']) {
      const { headers } = await fetch(`${url}${path}`)
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      })
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  it('is the same to HEAD, without its body', async () => {
    const { url } = await served()
    for (const path of [
      '/',
      '/health',
      '/healthz',
      '/ready',
      '/status',
      '/conditions',
      '/events',
      '/metrics',
      '/history',
    ]) {
      const get = await fetch(`${url}${path}`)
      const head = await fetch(`${url}${path}`, { method: 'HEAD' })
      expect([path, head.status, head.headers.get('content-type')]).toEqual([
        path,
        get.status,
        get.headers.get('content-type'),
      ])
      expect(await head.text()).toBe('')
    }
    const stream = await fetch(`${url}/stream`, { method: 'HEAD' })
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  })

  it('is compressed for who takes that, when it is long', async () => {
    const conditions = Array.from({ length: 100 }, (_, i) => someCondition({ type: `T${i}` }))
    const { url } = await served({ view: renderNodeView(someFacts({ conditions }), NOW) })
    const response = await fetch(`${url}/status`)
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(((await response.json()) as NodeView).conditions).toHaveLength(100)
    const plain = await fetch(`${url}/status`, { headers: { 'accept-encoding': 'gzip;q=0' } })
    expect(plain.headers.get('content-encoding')).toBe(null)
  })
})

describe('an answer that is packed already', () => {
  const text = 'node_doctor_vendor_reading_celsius{device="ata-1"} 1\n'.repeat(50_000)
  const metrics = async () => ({ body: gzipSync(text), packed: true })

  it('is sent as it is to who takes that, and unpacked to who does not', async () => {
    const { url } = await served({ metrics })
    const packed = await fetch(`${url}/metrics`)
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(await packed.text()).toBe(text)
    const plain = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': 'identity' } })
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([null, 'accept-encoding'])
    expect(plain.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await plain.text()).toBe(text)
    const head = await fetch(`${url}/metrics`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('is no more than a few pieces for who does not read, and nothing is left of who goes away', async () => {
    const { url } = await served({ metrics })
    for (let i = 0; i < 5; i++) {
      const { socket } = raw(url, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
    }
    const plain = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': 'identity' } })
    expect(await plain.text()).toBe(text)
  })
})

describe('what cannot be answered', () => {
  it('is told where no such path is, with the one that was meant', async () => {
    const { url } = await served()
    const response = await fetch(`${url}/heatlh`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: 'nothing is served at this path; /health is near it',
      nearest: '/health',
      paths: expect.arrayContaining(['/', '/stream', '/remediation/history']),
    })
  })

  it('is told where a method or a body is not taken', async () => {
    const { url } = await served()
    const posted = await fetch(`${url}/status`, { method: 'POST', body: '{}' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const { all } = raw(url, 'GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello')
    expect(await all).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('is told where a number makes no sense', async () => {
    const { url, asked } = await served()
    const response = await fetch(`${url}/history?range=2y`)
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'no such range; one of 1h, 6h, 1d, 1w', ranges: ['1h', '6h', '1d', '1w'] },
    ])
    await fetch(`${url}/events`)
    await fetch(`${url}/events?limit=99999`)
    expect(asked).toEqual(['events 100', 'events 1000'])
  })

  it('is an error without a trace of the inside, and logged', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('secret path /x')
    }
    const { url, log } = await served({ history: failing, metrics: failing })
    const response = await fetch(`${url}/metrics`)
    expect([response.status, await response.text()]).toEqual([
      500,
      '{"error":"this answer failed; the log of the http-exporter says why"}\n',
    ])
    expect((await fetch(`${url}/history`)).status).toBe(500)
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(2)
  })
})

describe('a client that means no good', () => {
  it('is refused when its address is too long or its headers too large', async () => {
    const { url } = await served()
    expect((await fetch(`${url}/status?${'x'.repeat(3000)}`)).status).toBe(414)
    expect(await raw(url, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9000)}\r\n\r\n`).all).toMatch(
      /^HTTP\/1\.1 431 /,
    )
  })

  it('is let go when it does not finish its headers', async () => {
    const { url } = await served()
    const beganMs = performance.now()
    expect(await raw(url, 'GET /status HTTP/1.1\r\nHost: x\r\n').all).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - beganMs).toBeLessThan(8000)
  })

  it('never ends the process, whatever it sends', async () => {
    const { url } = await served()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (junk) => {
        const { socket, all } = raw(url, `GET /${junk} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        socket.setTimeout(500, () => socket.destroy())
        await all
      }),
      { numRuns: 30 },
    )
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  it('waits when it asks too often, while probes pass', async () => {
    // Time stands still: what passes does not depend on how fast this machine asks.
    const { url } = await served({ clock: fakeClock(NOW) })
    const statuses: number[] = []
    for (let i = 0; i < 300; i++) statuses.push((await fetch(`${url}/conditions`)).status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    expect((await fetch(`${url}/conditions`)).headers.get('retry-after')).toBe('1')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  it('finds no place on the stream beyond its most readers', async () => {
    const { url } = await served()
    const follow = (address: string) => raw(url, 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n', address)
    const addresses = Array.from({ length: MAX_CLIENTS / STREAMS_PER_ADDRESS }, (_, i) => `127.0.1.${i + 1}`)
    const readers = addresses.flatMap((address) => Array.from({ length: STREAMS_PER_ADDRESS }, () => follow(address)))
    onTestFinished(() => {
      for (const { socket } of readers) socket.destroy()
    })
    await Promise.all(readers.map(({ socket }) => new Promise((resolve) => socket.once('data', resolve))))
    const refused = await fetch(`${url}/stream`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10'])
  })
})

describe('endpoints of the configuration', () => {
  it('are served where they say, and what the page asks for stays', async () => {
    const { url } = await served({
      endpoints: [
        { path: '/livez', handler: 'liveness' },
        { path: '/node', handler: 'detailed-status' },
        { path: '/events', handler: 'overall-health' },
        { path: '/odd', handler: 'no-such-thing' },
      ],
    })
    const status = async (path: string) => (await fetch(`${url}${path}`)).status
    expect(await status('/livez')).toBe(200)
    expect(await status('/healthz')).toBe(404)
    expect(await status('/node')).toBe(200)
    expect(await status('/status')).toBe(200)
    expect(await (await fetch(`${url}/events`)).json()).toHaveProperty('verdict')
    expect(await status('/odd')).toBe(404)
  })
})

describe('/', () => {
  async function builtPage(): Promise<HandlerSources['page']> {
    const dir = await scratchFolder(onTestFinished)
    mkdirSync(join(dir, 'assets'))
    writeFileSync(join(dir, 'index.html'), '<!doctype html><style>a{}</style><script type="module">go()</script>')
    writeFileSync(join(dir, 'assets', 'x-1a2b.js'), 'export {}')
    return loadPage(dir)
  }

  it('is the page for a browser and text for curl', async () => {
    const problem = someFacts({ conditions: [someCondition({ health: 'problem' })], problems: [someProblem()] })
    const { url } = await served({ page: await builtPage(), view: renderNodeView(problem, NOW) })
    const html = await fetch(`${url}/`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(html.headers.get('vary')).toContain('accept')
    const text = await fetch(`${url}/`)
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await text.text()).toMatch(/^worker-7 {2}10\.20\.4\.17\n1 problem: \/var is 96 % full, for 4 min\.\n/)
  })

  it('may run its own code by hash and nothing else', async () => {
    const { url } = await served({ page: await builtPage() })
    const html = await fetch(`${url}/`, { headers: { accept: 'text/html' } })
    const hash = (code: string) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`
    const policy = html.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`script-src 'self' ${hash('go()')};`)
    expect(policy).toContain(`style-src 'self' ${hash('a{}')};`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    const asset = await fetch(`${url}/assets/x-1a2b.js`)
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
  })

  it('is text for a browser too where no page was built, and says so', async () => {
    const { url } = await served()
    const response = await fetch(`${url}/`, { headers: { accept: 'text/html' } })
    expect(await response.text()).toMatch(/^The page is not part of this build/)
  })

  it.each([
    ['text/html', true],
    ['application/xhtml+xml;q=0.9', true],
    ['TEXT/HTML', true],
    ['*/*', false],
    ['text/html;q=0, */*', false],
    ['text/plain', false],
    ['', false],
  ])('understands the wish %j', (accept, html) => {
    expect(wantsHtml(accept)).toBe(html)
  })

  it('needs no other origin and no exception', () => {
    expect(renderPolicy('<link rel="icon" href="data:image/svg+xml,x"><script>1</script>', false)).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'none'; img-src data:; connect-src 'self';/,
    )
  })
})

describe('/health', () => {
  const status = async (facts: Parameters<typeof someFacts>[0]) => {
    const { url } = await served({ view: renderNodeView(someFacts(facts), NOW) })
    return (await fetch(`${url}/health`)).status
  }
  const problem = (severity: 'warning' | 'error' | 'critical') => ({
    conditions: [someCondition({ health: 'problem' as const, severity })],
    problems: [someProblem({ severity })],
  })

  it('is 200 for a node that can be relied on, and 503 for one that cannot', async () => {
    expect(await status({})).toBe(200)
    expect(await status(problem('warning'))).toBe(200)
    expect(await status(problem('error'))).toBe(200)
    expect(await status({ conditions: [someCondition(), someCondition({ type: 'X', health: 'unknown' })] })).toBe(200)
    expect(await status(problem('critical'))).toBe(503)
    expect(await status({ conditions: [] })).toBe(503)
    expect(await status({ detector: { state: 'stale', listeningSince: NOW } })).toBe(503)
    expect(await status({ detector: { state: 'awaited', listeningSince: NOW } })).toBe(503)
  })
})

describe('/history', () => {
  it('is asked once for readers who come together', async () => {
    const { url, asked } = await served()
    await Promise.all([1, 2, 3].map(() => fetch(`${url}/history?range=1w`)))
    await fetch(`${url}/history`)
    expect(asked).toEqual(['history 1w', 'history 1h'])
  })
})

describe('HTTPS', () => {
  async function certificate(dir: string, name: string): Promise<{ certFile: string; keyFile: string }> {
    const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ])
    return { certFile, keyFile }
  }

  /** The name in the certificate that is served, and the status of `/healthz`. */
  function ask(url: string): Promise<{ name: string; status: number | undefined }> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
        const { subject } = (
          response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }
        ).getPeerCertificate()
        response.resume()
        resolve({ name: subject.CN, status: response.statusCode })
      })
      request.on('error', reject)
      request.end()
    })
  }

  it('is served with the certificate of the files, and with a new one when they change', async () => {
    const dir = await scratchFolder(onTestFinished)
    const clock = fakeClock()
    const { url, log } = await served({ tls: await certificate(dir, 'first'), clock })
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/)
    expect(await ask(url)).toEqual({ name: 'first', status: 200 })
    writeFileSync(join(dir, 'tls.key'), 'half written')
    await clock.advance(10_000)
    await until(() => log.lines.some(({ message }) => message === 'renewed certificate cannot be used'))
    expect((await ask(url)).name).toBe('first')
    await certificate(dir, 'second')
    await clock.advance(10_000)
    await until(() => log.lines.some(({ message }) => message === 'certificate was renewed'))
    expect((await ask(url)).name).toBe('second')
  })

  it('says what is wrong with the files, and is served once they are right', async () => {
    const dir = await scratchFolder(onTestFinished)
    const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
    const clock = fakeClock()
    const { listener } = await served({ tls: files, clock })
    expect(listener.problem).toBe(
      `cannot use certificate ${files.certFile} with key ${files.keyFile}: ENOENT: no such file or directory, open '${files.certFile}'; set exporters.http.tlsCertFile and tlsKeyFile to a PEM pair that this process may read`,
    )
    await certificate(dir, 'late')
    await clock.advance(20_000)
    await until(() => listener.problem === '')
    expect((await ask(listener.url?.slice(0, -1) ?? '')).name).toBe('late')
  })
})

describe('the nearest path', () => {
  const known = ['/', '/health', '/healthz', '/status', '/remediation/history', '/metrics']
  it.each([
    ['/healt', '/health'],
    ['/STATUS', '/status'],
    ['/metric/', '/metrics'],
    ['/remediation', '/remediation/history'],
    ['/completely/else', undefined],
    ['/', '/'],
  ])('of %s is %s', (path, nearest) => {
    expect(nearestPath(path, known)).toBe(nearest)
  })
  it('is found for anything without a throw', () => {
    fc.assert(fc.property(fc.string(), (path) => [undefined, ...known].includes(nearestPath(path, known))))
  })
})

describe('the rate limit', () => {
  it('lets a burst pass, then so many a second, for each address', () => {
    const limit = createRateLimit({ perSecond: 10, burst: 3 })
    expect([1, 2, 3, 4].map(() => limit.wait('a', 0))).toEqual([0, 0, 0, 1])
    expect(limit.wait('b', 0)).toBe(0)
    expect(limit.wait('a', 100)).toBe(0)
    expect(limit.wait('a', 100)).toBe(1)
  })
})
