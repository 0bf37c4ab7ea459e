import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeClock } from '../../libs/clock/testing.ts'
import { type ClusterDns, createClusterDns, targetIn } from './cluster-dns.ts'
import { createEcho, LARGE_BYTES } from './server.ts'

const FOUND: ClusterDns = {
  target: 'kubernetes.default.svc.x',
  resolved: true,
  addresses: ['10.96.0.1'],
  latencyMs: 1,
  lateMs: 0,
  error: '',
}

async function started(found: ClusterDns = FOUND): Promise<{ server: Server; port: number; url: string }> {
  const server = createEcho({ node: 'worker-1', podIP: '10.1.0.9', lookUp: () => Promise.resolve(found) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { server, port, url: `http://127.0.0.1:${port}` }
}

/** What comes back of these bytes until the other side closes. */
async function said(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

describe('an echo', () => {
  it('says what the Go Node Doctor’s overlay-test-server says, and something large', async () => {
    const { url } = await started()
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', node: 'worker-1', podIP: '10.1.0.9' })
    expect(await (await fetch(`${url}/clusterdns?x=1`)).json()).toEqual(FOUND)
    expect((await (await fetch(`${url}/large`)).arrayBuffer()).byteLength).toBe(LARGE_BYTES)
    expect((await (await fetch(`${url}/large`, { method: 'HEAD' })).arrayBuffer()).byteLength).toBe(0)
  })

  it('says by its status that the name of the cluster is not known', async () => {
    const { url } = await started({ ...FOUND, resolved: false, addresses: [], error: 'ENOTFOUND' })
    const response = await fetch(`${url}/clusterdns`)
    expect([response.status, await response.json()]).toEqual([
      503,
      { ...FOUND, resolved: false, addresses: [], error: 'ENOTFOUND' },
    ])
  })

  it('takes one request of a connection, no other method and no body', async () => {
    const { port, url } = await started()
    const twice = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'
    expect((await said(port, twice)).match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(
      (await fetch(`${url}/healthz`, { method: 'POST', body: 'x'.repeat(100_000) }).catch(() => ({ status: 405 })))
        .status,
    ).toBe(405)
    expect(await said(port, `GET /${'a'.repeat(8_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n/,
    )
  })

  it('has room for 64 connections at a time', async () => {
    const { server, port } = await started()
    const dropped: unknown[] = []
    server.on('drop', (data) => dropped.push(data))
    const sockets = Array.from({ length: 70 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    await expect.poll(() => dropped.length, { timeout: 5_000 }).toBe(6)
  })

  it('gives back no byte of what is asked, whatever that is', async () => {
    const { port } = await started()
    const path = fc.stringMatching(/^[A-Za-z0-9%._~-]{12,60}$/)
    await fc.assert(
      fc.asyncProperty(path, fc.uint8Array({ maxLength: 200 }), async (marker, noise) => {
        const head = `GET /${marker} HTTP/1.1\r\nhost: ${marker}\r\nx-${'h'.repeat(5)}: ${marker}\r\n\r\n`
        const answers = [
          await said(port, head),
          await said(port, Buffer.concat([noise, Buffer.from(`${marker}\r\n\r\n`)])),
        ]
        for (const text of answers) expect(text).not.toContain(marker)
      }),
      { numRuns: 40 },
    )
  })
})

describe('the name of the cluster', () => {
  it.each([
    ['search node-doctor.svc.corp.example svc.corp.example corp.example\nnameserver 10.96.0.10\n', 'corp.example'],
    ['nameserver 10.0.0.1\n', 'cluster.local'],
    ['search svc.$(reboot) svc.\n', 'cluster.local'],
  ])('is in the domain of the search path', (conf, domain) => {
    expect(targetIn(conf)).toBe(`kubernetes.default.svc.${domain}`)
  })

  it('is asked for once in five seconds, however many want to know', async () => {
    const clock = fakeClock()
    let asked = 0
    const look = createClusterDns('k', clock, async () => {
      asked++
      return asked === 1 ? Array.from({ length: 99 }, (_, at) => `10.0.0.${at}`) : []
    })
    const [first] = await Promise.all([look(), look(), look()])
    expect([asked, first?.addresses.length, first?.resolved]).toEqual([1, 8, true])
    clock.pass(5_000)
    expect([(await look()).error, asked]).toEqual(['no address', 2])
    const never = createClusterDns('k', clock, () => new Promise<never>(() => undefined))
    const asking = never()
    await clock.advance(3_000)
    expect(await asking).toMatchObject({ resolved: false, latencyMs: 3_000, error: 'ETIMEOUT' })
    const broken = createClusterDns('k', clock, () =>
      Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    )
    expect(await broken()).toEqual({
      target: 'k',
      resolved: false,
      addresses: [],
      latencyMs: 0,
      lateMs: 0,
      error: 'ENOTFOUND',
    })
  })
})
