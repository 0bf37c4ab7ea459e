import { describe, expect, it, onTestFinished } from 'vitest'
import { PER_ADDRESS, STREAMS_PER_ADDRESS } from './places.ts'
import { raw, served } from './testing-served.ts'

/** Connections that are held open by a test. */
function hold(url: string, bytes: string, count: number, address = '127.0.0.1') {
  const held = Array.from({ length: count }, () => raw(url, bytes, address))
  onTestFinished(() => {
    for (const { socket } of held) socket.destroy()
  })
  return Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))))
}

const STREAM = 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n'
const HALF = 'GET /status HTTP/1.1\r\nHost: x\r\n'

describe('a probe', () => {
  it('is answered under any number of half requests and idle connections of its own address', async () => {
    const { url } = await served()
    await hold(url, HALF, 150)
    await hold(url, '', 150)
    const statuses: number[] = []
    for (let i = 0; i < 20; i++) statuses.push((await fetch(`${url}/healthz`)).status)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('is answered under streams and half requests of many addresses', async () => {
    const { url } = await served()
    for (let i = 1; i <= 8; i++) await hold(url, STREAM, STREAMS_PER_ADDRESS, `127.0.2.${i}`)
    for (let i = 1; i <= 20; i++) await hold(url, HALF, PER_ADDRESS, `127.0.3.${i}`)
    for (const path of ['/healthz', '/ready', '/metrics', '/healthz']) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, path === '/ready' ? 503 : 200])
    }
  })
})

describe('the stream', () => {
  it('is followed by a few of one address, and the next is told so', async () => {
    const { url } = await served()
    await hold(url, STREAM, STREAMS_PER_ADDRESS)
    await expect.poll(async () => (await fetch(`${url}/stream`, { method: 'GET' })).status).toBe(503)
    expect(await (await fetch(`${url}/stream`)).json()).toEqual({
      error: '8 readers of this address follow the stream already',
    })
    const other = raw(url, STREAM, '127.0.0.9')
    onTestFinished(() => void other.socket.destroy())
    expect(String(await new Promise((resolve) => other.socket.once('data', resolve)))).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('a request', () => {
  const ask = (url: string, head: string) => raw(url, `${head}\r\nConnection: close\r\n\r\n`).all

  it('that calls this server by another’s name is refused', async () => {
    const { url } = await served()
    const answer = await ask(url, 'GET /status HTTP/1.1\r\nHost: evil.example')
    expect(answer).toMatch(/^HTTP\/1\.1 421 /)
    expect(answer).toContain('this server is not called \\"evil.example\\"; exporters.http.hosts may name it')
    expect(await ask(url, 'GET /healthz HTTP/1.1\r\nHost: 10.0.0.7:8080')).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('with two Host headers is refused', async () => {
    const { url } = await served()
    expect(await ask(url, 'GET /status HTTP/1.1\r\nHost: x\r\nHost: evil.example')).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('whose address cannot be decoded gets an answer like every other', async () => {
    const { url } = await served()
    for (const path of ['/%', '/%ff', '/%E0%A4%A']) {
      const answer = await ask(url, `GET ${path} HTTP/1.1\r\nHost: x`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toMatch(/x-content-type-options: nosniff/i)
      expect(answer).toContain('{"error":"the address cannot be read"}')
    }
  })

  it('for a number of events that is none is told what is one', async () => {
    const { url, asked } = await served()
    for (const limit of ['abc', '0', '-1', '1.5', '']) {
      const answer = await fetch(`${url}/events?limit=${limit}`)
      expect([answer.status, await answer.json()]).toEqual([400, { error: 'limit is a whole number from 1 to 1000' }])
    }
    expect((await fetch(`${url}/events?limit=5000`)).status).toBe(200)
    expect(asked).toEqual(['events 1000'])
  })
})
